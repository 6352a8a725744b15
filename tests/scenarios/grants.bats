# SPDX-License-Identifier: Apache-2.0
# A SourceGrant with several paths: a build sees all of them at once, and nothing else of the source.

load lib

setup_file() {
	start_weir
	lay_out "$BATS_FILE_TMPDIR/repo"
	make_repo mono "$BATS_FILE_TMPDIR/repo"
	export CLONE
	kubectl create namespace platform
	for tenant in tenant-a tenant-b; do
		kubectl create namespace "$tenant"
		kubectl create rolebinding edit --clusterrole=edit --serviceaccount="$tenant:default" -n "$tenant"
	done
	# The role "edit" is made of other roles by a controller, which on a new cluster takes a moment.
	eventually kubectl auth can-i create configmaps -n tenant-a --as system:serviceaccount:tenant-a:default
	grant ./tenant-a ./shared/base
	kubectl apply -f - <<-Y
		apiVersion: source.toolkit.fluxcd.io/v1
		kind: GitRepository
		metadata: {name: mono, namespace: platform}
		spec: {interval: 1h, url: "$FORGE/git/mono.git", ref: {branch: main}}
	Y
}

teardown_file() {
	stop_weir
}

lay_out() {
	folder "$1/shared/base" base
	folder "$1/shared/internal" internal
	folder "$1/tenant-b" secret-of-b
	folder "$1/tenant-a/app" app-a ../../shared/base
	folder "$1/tenant-a/sibling" sibling ../../tenant-b
	folder "$1/tenant-a/nobody" nobody ../../tenant-x
	folder "$1/tenant-a/beside" beside ../../shared/internal
	folder "$1/tenant-a/file" file ../../tenant-b/cm.yaml
	folder "$1/tenant-a/detour" detour ../../shared/base/../../tenant-b
	folder "$1/tenant-a/top" top ../..
	folder "$1/tenant-a/link" link stolen
	ln -s ../../tenant-b "$1/tenant-a/link/stolen"
	config_map loose >"$1/loose.yaml"
}

grant() { # PATH...: what tenant-a may see
	local paths
	paths=$(printf '"%s",' "$@")
	kubectl apply -f - <<-Y
		apiVersion: tenancy.weir.dev/v1alpha1
		kind: SourceGrant
		metadata: {name: mono, namespace: platform}
		spec:
		  sources: [{kind: GitRepository, name: mono}]
		  to: [{namespaces: [tenant-a], paths: [${paths%,}]}]
	Y
}

kustomization() { # NAME PATH
	kubectl apply -f - <<-Y
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: $1, namespace: tenant-a}
		spec: {interval: 1h, retryInterval: 1h, path: "$2", prune: true, targetNamespace: tenant-a, sourceRef: {kind: GitRepository, name: mono}}
	Y
}

message() { # NAME
	field kustomization "$1" tenant-a '{.status.conditions[?(@.type=="Ready")].message}'
}

@test "a base of another granted folder is built" {
	kustomization app ./tenant-a/app
	eventually ready_is kustomization app tenant-a True
	field_is configmap app-a tenant-a '{.data.from}' app-a
	field_is configmap base tenant-a '{.data.from}' base
}

@test "another granted folder can be the path itself" {
	kubectl delete kustomization app -n tenant-a
	kustomization shared shared/base
	eventually ready_is kustomization shared tenant-a True
	kubectl delete kustomization shared -n tenant-a
}

@test "what no grant shows is not there, whichever way it is reached" {
	for name in sibling beside file detour top link; do
		kustomization "$name" "./tenant-a/$name"
	done
	for name in sibling beside file detour top link; do
		eventually reason_is kustomization "$name" tenant-a BuildFailed
		absent configmap "$name" tenant-a
	done
	for name in sibling beside file detour link; do
		message_has kustomization "$name" tenant-a 'no such file or directory'
	done
	absent configmap secret-of-b tenant-a
	absent configmap internal tenant-a
	absent configmap loose tenant-a
}

@test "a neighbour's folder and one that does not exist are told apart by nothing" {
	kustomization nobody ./tenant-a/nobody
	eventually reason_is kustomization nobody tenant-a BuildFailed
	there=$(message sibling | sed 's/tenant-b/NAME/g')
	not_there=$(message nobody | sed 's/tenant-x/NAME/g')
	[ -n "$there" ]
	[ "$there" = "$not_there" ]
}

@test "a path that only leads to granted folders is not there" {
	for path in ./ shared tenant-b loose.yaml; do
		kustomization way "$path"
		eventually reason_is kustomization way tenant-a ArtifactFailed
		message_has kustomization way tenant-a 'no such file or directory'
		kubectl delete kustomization way -n tenant-a
	done
}

@test "a grant that loses a folder takes it away, one that gains it gives it back" {
	grant ./tenant-a
	kustomization app ./tenant-a/app
	eventually reason_is kustomization app tenant-a BuildFailed
	message_has kustomization app tenant-a 'no such file or directory'
	grant ./tenant-a shared/base shared/not-there-yet
	eventually ready_is kustomization app tenant-a True
	kubectl get configmap base -n tenant-a
}

@test "a granted folder that is a symlink, or lies behind one, is not there" {
	# Artifacts hold no symlinks; should one ever get into a tree, a grant does not follow it.
	tree=$WEIR_DATA/sources/trees/gitrepository/platform/mono/$(git -C "$CLONE" rev-parse HEAD)
	ln -s tenant-b "$tree/alias"
	ln -s . "$tree/here"
	grant ./tenant-a ./alias ./here/tenant-b
	for path in alias here/tenant-b; do
		kustomization linked "$path"
		eventually reason_is kustomization linked tenant-a ArtifactFailed
		message_has kustomization linked tenant-a 'no such file or directory'
		kubectl delete kustomization linked -n tenant-a
	done
	absent configmap secret-of-b tenant-a
}
