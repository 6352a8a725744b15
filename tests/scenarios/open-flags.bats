# SPDX-License-Identifier: Apache-2.0
# The flags that restore Flux's open behaviour, set; what they open is refused without them in the second half of the
# file, on the same objects, after the controllers were started again with lockdown on.

load lib

setup_file() {
	start_weir -- --no-cross-namespace-refs=false --default-service-account= --artifact-digest-algo=sha512
	local dir=$BATS_FILE_TMPDIR/repo ns
	mkdir -p "$dir/app" "$dir/other"
	config_map app >"$dir/app/cm.yaml"
	config_map other >"$dir/other/cm.yaml"
	make_repo open "$dir"
	export CLONE
	for ns in platform tenant elsewhere; do kubectl create namespace $ns; done
	kubectl create serviceaccount applier -n tenant
	kubectl create rolebinding applier --clusterrole=edit --serviceaccount=tenant:applier -n tenant
	kubectl create rolebinding default --clusterrole=edit --serviceaccount=tenant:default -n tenant
	eventually kubectl auth can-i create configmaps -n tenant --as system:serviceaccount:tenant:applier
	kubectl apply -f - <<-Y
		apiVersion: source.toolkit.fluxcd.io/v1
		kind: GitRepository
		metadata: {name: open, namespace: platform}
		spec: {interval: 1h, url: "$FORGE/git/open.git", ref: {branch: main}}
	Y
	eventually ready_is gitrepository open platform True
}

teardown_file() {
	stop_weir
}

open='sourceRef: {kind: GitRepository, name: open, namespace: platform}'

kustomization() { # NAME SPEC: further fields of the spec, as YAML flow members
	kubectl apply -f - <<-Y
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: $1, namespace: tenant}
		spec: {interval: 1h, retryInterval: 1s, prune: true, $2}
	Y
}

@test "--no-cross-namespace-refs=false: a source of another namespace needs no grant" {
	kustomization app "$open, path: ./app, targetNamespace: tenant, serviceAccountName: applier"
	eventually ready_is kustomization app tenant True
	field_is configmap app tenant '{.data.from}' app
	sed -i 's/from: app/from: pushed/' "$CLONE/app/cm.yaml"
	push_all 'a change wakes it'
	eventually field_is configmap app tenant '{.data.from}' pushed
}

@test "--artifact-digest-algo: artifacts have that digest" {
	digest=$(field gitrepository open platform '{.status.artifact.digest}')
	file=$(field gitrepository open platform '{.status.artifact.url}')
	[ "$digest" = "sha512:$(curl -sf "$file" | sha512sum | cut -d' ' -f1)" ]
}

@test "--no-cross-namespace-refs=false: a source that is nowhere is not found, in Flux's words" {
	kustomization lost 'path: ./app, targetNamespace: tenant, serviceAccountName: applier, sourceRef: {kind: GitRepository, name: nowhere, namespace: platform}'
	eventually reason_is kustomization lost tenant ArtifactFailed
	message_has kustomization lost tenant 'GitRepository.source.toolkit.fluxcd.io "nowhere" not found'
	kubectl delete kustomization lost -n tenant
}

@test "--no-cross-namespace-refs=false: a dependency may be in another namespace" {
	kubectl apply -f - <<-'Y'
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: first, namespace: platform}
		spec: {interval: 1h, suspend: true, prune: true, path: ./other, targetNamespace: platform, serviceAccountName: default, sourceRef: {kind: GitRepository, name: open}}
	Y
	kustomization second "$open, path: ./other, targetNamespace: tenant, serviceAccountName: applier, dependsOn: [{name: first, namespace: platform}]"
	eventually reason_is kustomization second tenant DependencyNotReady
	message_has kustomization second tenant "dependency 'platform/first' is not ready"
	absent configmap other tenant
	kubectl create rolebinding default --clusterrole=edit --serviceaccount=platform:default -n platform
	"$WEIR" resume kustomization first -n platform
	eventually ready_is kustomization second tenant True
	kubectl get configmap other -n tenant
}

@test "--default-service-account= : without an account objects are applied as the controller, with its rights only" {
	kustomization bare "$open, path: ./app, targetNamespace: elsewhere"
	eventually reason_is kustomization bare tenant ReconciliationFailed
	message_has kustomization bare tenant 'User "system:serviceaccount:weir-system:weir-controllers" cannot'
	absent configmap app elsewhere
	kubectl create clusterrolebinding weir-open --clusterrole=cluster-admin --serviceaccount=weir-system:weir-controllers
	eventually ready_is kustomization bare tenant True
	kubectl get configmap app -n elsewhere
}

@test "--default-service-account= : an account that is named is acted as all the same" {
	kustomization named "$open, path: ./app, targetNamespace: platform, serviceAccountName: applier"
	eventually reason_is kustomization named tenant ReconciliationFailed
	message_has kustomization named tenant 'User "system:serviceaccount:tenant:applier" cannot'
	absent configmap app platform
	kubectl delete kustomization named -n tenant
}

# ---- the same objects with lockdown on ----

restart_locked() {
	"$WEIR" down --data "$WEIR_DATA"
	start_weir
}

@test "with lockdown on, the same objects are refused" {
	[ -z "${WEIR_REAL-}" ] || return 0 # the roles of the real cluster keep their flags
	restart_locked
	eventually reason_is kustomization app tenant AccessDenied
	eventually reason_is kustomization second tenant AccessDenied
	kubectl apply -f - <<-Y
		apiVersion: source.toolkit.fluxcd.io/v1
		kind: GitRepository
		metadata: {name: mine, namespace: tenant}
		spec: {interval: 1h, url: "$FORGE/git/open.git", ref: {branch: main}}
	Y
	kustomization second 'path: ./other, sourceRef: {kind: GitRepository, name: mine}, dependsOn: [{name: first, namespace: platform}]'
	eventually message_has kustomization second tenant "can't access 'Kustomization/platform/first', cross-namespace references have been blocked"
	kustomization bare 'path: ./app, targetNamespace: elsewhere, sourceRef: {kind: GitRepository, name: mine}'
	eventually message_has kustomization bare tenant 'User "system:serviceaccount:tenant:default" cannot'
}
