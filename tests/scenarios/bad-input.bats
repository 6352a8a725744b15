# SPDX-License-Identifier: Apache-2.0
# What a hostile or broken repository may do: nothing but get a clear condition on its own object, with the neighbour
# going on.

load lib

setup_file() {
	start_weir
	mkdir -p "$BATS_FILE_TMPDIR/good"
	cat >"$BATS_FILE_TMPDIR/good/config.yaml" <<-'Y'
		apiVersion: v1
		kind: ConfigMap
		metadata: {name: good}
		data: {n: "0"}
	Y
	kubectl create namespace neighbour
	kubectl create namespace hostile
	for ns in neighbour hostile; do
		kubectl create rolebinding edit --clusterrole=edit --serviceaccount=$ns:default -n $ns
	done
	# The role "edit" is made of other roles by a controller, which on a new cluster takes a moment.
	eventually kubectl auth can-i create configmaps -n hostile --as system:serviceaccount:hostile:default
	make_repo good "$BATS_FILE_TMPDIR/good"
	export GOOD=$CLONE
	source_and_kustomization neighbour good . "$FORGE/git/good.git"
	eventually ready_is kustomization good neighbour True
}

teardown_file() {
	stop_weir
}

# After each test the neighbour still gets its changes.
teardown() {
	neighbour_goes_on config.yaml n
}

source_and_kustomization() { # NAMESPACE NAME PATH URL
	kubectl apply -f - <<-Y
		apiVersion: source.toolkit.fluxcd.io/v1
		kind: GitRepository
		metadata: {name: $2, namespace: $1}
		spec: {interval: 1m, timeout: 5s, url: "$4", ref: {branch: main}}
		---
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: $2, namespace: $1}
		spec: {interval: 5m, retryInterval: 1m, path: "$3", prune: true, targetNamespace: $1, sourceRef: {kind: GitRepository, name: $2}}
	Y
}

hostile() { # NAME: the directory $TREE as a repository of the hostile tenant
	make_repo "$1" "$TREE"
	source_and_kustomization hostile "$1" . "$FORGE/git/$1.git"
}

tree() {
	TREE=$BATS_TEST_TMPDIR/tree
	mkdir -p "$TREE"
}

@test "malformed YAML names the file and the place" {
	tree
	printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n data: [\n' >"$TREE/broken.yaml"
	hostile malformed
	eventually reason_is kustomization malformed hostile BuildFailed
	message_has kustomization malformed hostile broken.yaml
}

@test "a field of the wrong type is shown with its line and the way out" {
	tree
	mkdir "$TREE/base"
	printf 'resources: [base]\n' >"$TREE/kustomization.yaml"
	printf 'images:\n- name: app\n  newTag: 1.27\n' >"$TREE/base/kustomization.yaml"
	hostile number
	eventually reason_is kustomization number hostile BuildFailed
	message_has kustomization number hostile 'base/kustomization.yaml:3: images[0].newTag: found number, expected string: put it in quotes'
	run "$WEIR" build "$TREE"
	[ "$status" -eq 1 ]
	[[ $output == *"Hint: $TREE/base/kustomization.yaml:3: images[0].newTag: found number, expected string: put it in quotes" ]]
}

@test "a kustomization that includes itself" {
	tree
	printf 'resources: [.]\n' >"$TREE/kustomization.yaml"
	hostile selfish
	eventually reason_is kustomization selfish hostile BuildFailed
}

@test "two kustomizations that include each other" {
	tree
	mkdir -p "$TREE/a" "$TREE/b"
	printf 'resources: [a]\n' >"$TREE/kustomization.yaml"
	printf 'resources: [../b]\n' >"$TREE/a/kustomization.yaml"
	printf 'resources: [../a]\n' >"$TREE/b/kustomization.yaml"
	hostile cycle
	eventually reason_is kustomization cycle hostile BuildFailed
	message_has kustomization cycle hostile cycle
}

@test "an alias bomb" {
	tree
	{
		printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\ndata:\n  a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n'
		for i in 1 2 3 4 5 6 7 8 9; do
			printf '  a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n' $i $i $((i-1)) $((i-1)) $((i-1)) $((i-1)) $((i-1)) $((i-1)) $((i-1)) $((i-1)) $((i-1)) $((i-1))
		done
	} >"$TREE/bomb.yaml"
	hostile aliases
	eventually reason_is kustomization aliases hostile BuildFailed
}

@test "100,000 documents" {
	tree
	for i in $(seq 100000); do printf -- '---\na: %d\n' "$i"; done >"$TREE/many.yaml"
	hostile documents
	eventually reason_is kustomization documents hostile BuildFailed
}

@test "a symlink out of the tree is not there" {
	tree
	ln -s /etc/passwd "$TREE/passwd"
	ln -s ../../../../etc "$TREE/etc"
	printf 'resources: [passwd]\n' >"$TREE/kustomization.yaml"
	hostile symlink
	eventually reason_is kustomization symlink hostile BuildFailed
	message_has kustomization symlink hostile passwd
	run message_has kustomization symlink hostile root:
	[ "$status" -ne 0 ]
}

@test "a path with .. does not leave the repository" {
	tree
	printf 'resources: [../../../../../../etc/hostname]\n' >"$TREE/kustomization.yaml"
	hostile dotdot
	eventually reason_is kustomization dotdot hostile BuildFailed
}

@test "a name with control characters reaches neither the cluster nor the log" {
	tree
	printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "x\\u001b[31mred\\nlevel=error"}\n' >"$TREE/evil.yaml"
	hostile control
	eventually ready_is kustomization control hostile False
	run kubectl get configmap -n hostile -o name
	[[ "$output" != *red* ]]
}

@test "a repository that never answers costs its own timeout" {
	python3 - "$BATS_TEST_TMPDIR/port" 3>&- <<-'P' &
		import socket, sys, threading
		s = socket.create_server(("127.0.0.1", 0))
		open(sys.argv[1], "w").write(str(s.getsockname()[1]))
		held = []
		while True:
		    held.append(s.accept())
	P
	local pid=$!
	eventually test -s "$BATS_TEST_TMPDIR/port"
	source_and_kustomization hostile silent . "http://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")/x.git"
	eventually ready_is gitrepository silent hostile False
	kill "$pid"
	kubectl delete gitrepository,kustomization silent -n hostile
}

@test "a repository that is not there" {
	source_and_kustomization hostile nowhere . "$FORGE/git/nowhere.git"
	eventually reason_is gitrepository nowhere hostile GitOperationFailed
	eventually reason_is kustomization nowhere hostile ArtifactFailed
}

@test "a CRD that changes under its objects" {
	crd() { # TYPE
		cat <<-Y
			apiVersion: apiextensions.k8s.io/v1
			kind: CustomResourceDefinition
			metadata: {name: gears.example.com}
			spec:
			  group: example.com
			  scope: Namespaced
			  names: {plural: gears, singular: gear, kind: Gear, listKind: GearList}
			  versions:
			  - name: v1
			    served: true
			    storage: true
			    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {teeth: {type: $1}}}}}}
		Y
	}
	crd integer | kubectl apply -f -
	kubectl wait --for=condition=Established crd/gears.example.com
	eventually kubectl get gears -n hostile
	printf 'apiVersion: example.com/v1\nkind: Gear\nmetadata: {name: g, namespace: hostile}\nspec: {teeth: 12}\n' | kubectl create -f -
	crd string | kubectl apply -f -
	eventually kubectl get gear g -n hostile -o jsonpath='{.spec.teeth}'
	refuses_integer() {
		local out
		out=$(printf 'apiVersion: example.com/v1\nkind: Gear\nmetadata: {name: g2, namespace: hostile}\nspec: {teeth: 12}\n' | kubectl create -f - 2>&1) && { kubectl delete gear g2 -n hostile; return 1; }
		case $out in *'spec.teeth'*) ;; *) echo "$out"; return 1 ;; esac
	}
	eventually refuses_integer
	kubectl delete gear g -n hostile
	kubectl delete crd gears.example.com
}
