# SPDX-License-Identifier: Apache-2.0
# Remote bases where the operator allows them: fetched in the sandbox, within limits; the neighbour goes on meanwhile.
# (That they are refused otherwise stands in two-tenants.bats.)

load lib

setup_file() {
	start_weir -- --no-remote-bases=false
	local ns
	for ns in tenant neighbour; do
		kubectl create namespace $ns
		kubectl create rolebinding edit --clusterrole=edit --serviceaccount=$ns:default -n $ns
	done
	eventually kubectl auth can-i create configmaps -n tenant --as system:serviceaccount:tenant:default
	folder "$BATS_FILE_TMPDIR/good" good
	make_repo good "$BATS_FILE_TMPDIR/good"
	export GOOD=$CLONE
	source_and_kustomization neighbour good
	eventually ready_is kustomization good neighbour True

	folder "$BATS_FILE_TMPDIR/lib/base" base
	folder "$BATS_FILE_TMPDIR/lib/other" other
	folder "$BATS_FILE_TMPDIR/lib/self" self "$FORGE/git/lib.git//self"
	folder "$BATS_FILE_TMPDIR/lib/climb" climb ../../../../etc
	make_repo lib "$BATS_FILE_TMPDIR/lib"
	git -C "$CLONE" tag v1
	git -C "$CLONE" push -q origin v1
	export LIB=$CLONE
}

teardown_file() {
	stop_weir
}

# After each test the neighbour still gets its changes, and nothing of what was fetched is left.
teardown() {
	neighbour_goes_on cm.yaml from
	eventually nothing_is_staged
}

nothing_is_staged() {
	[ -z "$(find "$WEIR_DATA/sources/staging" -mindepth 1 -maxdepth 1)" ]
}

source_and_kustomization() { # NAMESPACE NAME: of the repository NAME
	kubectl apply -f - <<-Y
		apiVersion: source.toolkit.fluxcd.io/v1
		kind: GitRepository
		metadata: {name: $2, namespace: $1}
		spec: {interval: 1h, timeout: 10s, url: "$FORGE/git/$2.git", ref: {branch: main}}
		---
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: $2, namespace: $1}
		spec: {interval: 1h, retryInterval: 1h, path: ./, prune: true, targetNamespace: $1, sourceRef: {kind: GitRepository, name: $2}}
	Y
}

overlay() { # NAME RESOURCE...: a repository of the tenant's with these resources
	local name=$1
	shift
	folder "$BATS_TEST_TMPDIR/$name" "$name" "$@"
	make_repo "$name" "$BATS_TEST_TMPDIR/$name"
	source_and_kustomization tenant "$name"
}

fails_with() { # NAME PART
	eventually reason_is kustomization "$1" tenant BuildFailed
	message_has kustomization "$1" tenant "$2"
	absent configmap "$1" tenant
}

@test "a remote base is fetched and built" {
	overlay plain "$FORGE/git/lib.git//base"
	eventually ready_is kustomization plain tenant True
	kubectl get configmap plain base -n tenant
}

@test "a ref is a tag, a branch or a commit" {
	sed -i 's/from: base/from: later/' "$LIB/base/cm.yaml"
	git -C "$LIB" commit -qam later
	git -C "$LIB" push -q origin main
	overlay tag "$FORGE/git/lib.git//base?ref=v1"
	eventually ready_is kustomization tag tenant True
	field_is configmap base tenant '{.data.from}' base
	kubectl delete kustomization plain tag -n tenant
	overlay branch "$FORGE/git/lib.git//base?ref=main"
	eventually ready_is kustomization branch tenant True
	field_is configmap base tenant '{.data.from}' later
	kubectl delete kustomization branch -n tenant
	overlay commit "$FORGE/git/lib.git//base?ref=$(git -C "$LIB" rev-parse v1)"
	eventually ready_is kustomization commit tenant True
	field_is configmap base tenant '{.data.from}' base
	kubectl delete kustomization commit -n tenant
}

@test "remote bases of remote bases" {
	folder "$BATS_TEST_TMPDIR/middle" middle "$FORGE/git/lib.git//other" "$FORGE/git/lib.git//base?ref=v1"
	make_repo middle "$BATS_TEST_TMPDIR/middle"
	overlay nested "$FORGE/git/middle.git"
	eventually ready_is kustomization nested tenant True
	kubectl get configmap nested middle other base -n tenant
	kubectl delete kustomization nested -n tenant
}

@test "a ref that is not there" {
	overlay noref "$FORGE/git/lib.git//base?ref=v9"
	fails_with noref "remote build '$FORGE/git/lib.git//base?ref=v9' cannot be fetched"
	message_has kustomization noref tenant 'couldn'"'"'t find remote ref "v9"'
	message_has kustomization noref tenant 'named by the kustomization in /'
}

@test "a repository and a folder that are not there" {
	overlay norepo "$FORGE/git/nowhere.git//base"
	fails_with norepo 'cannot be fetched'
	overlay nofolder "$FORGE/git/lib.git//nowhere"
	fails_with nofolder 'no such file or directory'
}

@test "a server that never answers costs the entry's timeout, and only its tenant" {
	python3 - "$BATS_TEST_TMPDIR/port" 3>&- <<-'P' &
		import socket, sys
		s = socket.create_server(("127.0.0.1", 0))
		open(sys.argv[1], "w").write(str(s.getsockname()[1]))
		held = []
		while True:
		    held.append(s.accept())
	P
	local pid=$! name
	eventually test -s "$BATS_TEST_TMPDIR/port"
	# More of them than the controller has threads.
	for name in silent1 silent2 silent3 silent4 silent5; do
		overlay $name "http://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")/x.git//base?timeout=5s"
	done
	sed -i 's/from: .*}/from: "meanwhile"}/' "$GOOD/cm.yaml"
	git -C "$GOOD" commit -qam meanwhile
	git -C "$GOOD" push -q origin main
	eventually field_is configmap good neighbour '{.data.from}' meanwhile
	run reason_is kustomization silent5 tenant BuildFailed
	[ "$status" -ne 0 ] # the neighbour did not wait for them
	eventually reason_is kustomization silent1 tenant BuildFailed
	eventually message_has kustomization silent1 tenant 'context deadline exceeded: no end after 5s'
	kubectl delete kustomization silent1 silent2 silent3 silent4 silent5 -n tenant --wait=false
	kill "$pid"
}

@test "a remote base that points at itself" {
	overlay selfish "$FORGE/git/lib.git//self"
	fails_with selfish 'cycle detected'
}

@test "a remote base cannot climb out of its repository" {
	overlay climber "$FORGE/git/lib.git//climb"
	fails_with climber "is not in or below '$FORGE/git/lib.git'"
}

@test "a repository larger than the limit" {
	mkdir -p "$BATS_TEST_TMPDIR/big/base"
	folder "$BATS_TEST_TMPDIR/big/base" big
	truncate -s 40M "$BATS_TEST_TMPDIR/big/zeros"
	for i in 1 2 3 4 5 6; do cp --reflink=auto "$BATS_TEST_TMPDIR/big/zeros" "$BATS_TEST_TMPDIR/big/zeros$i"; done
	make_repo big "$BATS_TEST_TMPDIR/big"
	overlay large "$FORGE/git/big.git//base"
	fails_with large 'have more than 268435456 bytes'
}

@test "more repositories than the limit" {
	local i entries=()
	for i in $(seq 40); do entries+=("$FORGE/git/many$i.git//base"); done
	overlay many "${entries[@]}"
	fails_with many 'more than 32 repositories'
}

@test "files over http, ssh and file: are refused without a request" {
	overlay file "$FORGE/git/lib/main/cm.yaml"
	fails_with file 'files are never got over http'
	overlay ssh "git@127.0.0.1:org/repo//base"
	fails_with ssh 'ssh needs a key'
	overlay local "file://$LIB"
	fails_with local 'names a folder of the machine that builds'
}

@test "weir build refuses remote bases, and fetches them when it is told to" {
	folder "$BATS_TEST_TMPDIR/top" top "$FORGE/git/lib.git//base?ref=v1"
	run "$WEIR" build "$BATS_TEST_TMPDIR/top"
	[ "$status" -eq 1 ]
	[[ "$output" == *"remote build '$FORGE/git/lib.git//base?ref=v1' is not allowed: lockdown refuses remote bases"* ]]
	[[ "$output" == *--no-remote-bases=false* ]]
	mkdir "$BATS_TEST_TMPDIR/tmp"
	TMPDIR=$BATS_TEST_TMPDIR/tmp run "$WEIR" build --no-remote-bases=false "$BATS_TEST_TMPDIR/top"
	[ "$status" -eq 0 ]
	[[ "$output" == *'name: base'*'name: top'* ]]
	[ -z "$(ls "$BATS_TEST_TMPDIR/tmp")" ]
	run "$WEIR" build --no-remote-bases=false "$FORGE/git/lib.git//base?ref=v1"
	[ "$status" -eq 0 ]
	[[ "$output" == *'name: base'* ]]
	run "$WEIR" build "$FORGE/git/lib.git//base?ref=v1"
	[ "$status" -eq 1 ]
	[[ "$output" == *'lockdown refuses remote bases (named on the command line'* ]]
}

@test "weir build kustomization previews what the controller makes of remote bases" {
	folder "$BATS_TEST_TMPDIR/top" top "$FORGE/git/lib.git//base?ref=v1"
	cat >"$BATS_TEST_TMPDIR/ks.yaml" <<-'Y'
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: preview, namespace: tenant}
		spec: {interval: 1h, path: ./, prune: true, namePrefix: pre-, sourceRef: {kind: GitRepository, name: x}}
	Y
	preview() { run "$WEIR" build kustomization preview -n tenant --dry-run --path "$BATS_TEST_TMPDIR/top" --kustomization-file "$BATS_TEST_TMPDIR/ks.yaml" "$@"; }
	preview
	[ "$status" -eq 1 ]
	[[ "$output" == *'lockdown refuses remote bases'* ]]
	preview --no-remote-bases=false
	[ "$status" -eq 0 ]
	[[ "$output" == *'name: pre-base'* ]]
}
