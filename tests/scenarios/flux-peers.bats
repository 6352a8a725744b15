# SPDX-License-Identifier: Apache-2.0
# Flux's own kustomize-controller beside weir's source controller, on weir's control plane: it reads weir's CRDs,
# downloads the artifacts that weir serves, checks their digests, and applies as the tenant's account with client-go.

load lib

PEERS=${WEIR_PEERS:-$HOME/.cache/weir-peers}/bin

setup_file() {
	[ -n "${WEIR_REAL-}" ] || return 0
	if ! WHY_NOT=$("$WEIR_TOP/tests/peers/ready" kustomize-controller); then
		export WHY_NOT
		return 0
	fi
	WEIR_REAL='' start_weir -- --components source-controller --artifact-digest-algo blake3 # which Flux checks
	kinds_that_flux_watches | kubectl apply -f -
	tenant tenant-a
	tenant tenant-b
	make_repo apps "$WEIR_TOP/examples/two-tenants/repo"
	export CLONE
	start_flux
}

setup() {
	[ -n "${WEIR_REAL-}" ] || skip "it needs Flux's own controllers: make test-real"
	[ -z "${WHY_NOT-}" ] || skip "$WHY_NOT"
	case $BATS_TEST_DESCRIPTION in *source-controller*)
		[ -x "$PEERS/source-controller" ] || skip 'source-controller takes ten minutes to build: tests/peers/build source-controller' ;;
	esac
}

teardown_file() {
	[ -n "${FORGE-}" ] || return 0
	stop_flux
	stop_peer source-controller
	WEIR_REAL='' stop_weir
}

start_peer() { # NAME FLAGS...
	RUNTIME_NAMESPACE=flux-system "$PEERS/$1" --enable-leader-election=false --events-addr= --metrics-addr=127.0.0.1:0 \
		--health-addr=127.0.0.1:0 "${@:2}" >>"$BATS_FILE_TMPDIR/$1.out" 2>&1 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/$1.pid"
}

stop_peer() { # NAME
	local pid
	[ -f "$BATS_FILE_TMPDIR/$1.pid" ] || return 0
	pid=$(cat "$BATS_FILE_TMPDIR/$1.pid")
	rm "$BATS_FILE_TMPDIR/$1.pid"
	kill "$pid" || return 0
	while kill -0 "$pid" 2>/dev/null; do :; done
}

start_flux() {
	start_peer kustomize-controller --default-service-account=default --no-cross-namespace-refs --no-remote-bases
}

stop_flux() {
	stop_peer kustomize-controller
}

# Flux watches every kind of source it knows, and does not start while one is missing. Nobody makes objects of these.
kinds_that_flux_watches() {
	local kind plural
	for kind in Bucket ExternalArtifact HelmChart HelmRepository OCIRepository; do
		plural=${kind,,}s
		plural=${plural/%rys/ries}
		cat <<-Y
			---
			apiVersion: apiextensions.k8s.io/v1
			kind: CustomResourceDefinition
			metadata: {name: $plural.source.toolkit.fluxcd.io}
			spec:
			  group: source.toolkit.fluxcd.io
			  names: {kind: $kind, listKind: ${kind}List, plural: $plural, singular: ${kind,,}}
			  scope: Namespaced
			  versions:
			  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
		Y
	done
}

tenant() { # NAMESPACE: its default account may edit it
	kubectl apply -f - <<-Y
		apiVersion: v1
		kind: Namespace
		metadata: {name: $1}
		---
		apiVersion: rbac.authorization.k8s.io/v1
		kind: RoleBinding
		metadata: {name: reconciler, namespace: $1}
		roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
		subjects: [{kind: ServiceAccount, name: default, namespace: $1}]
	Y
}

repository() { # NAMESPACE
	kubectl apply -f - <<-Y
		apiVersion: source.toolkit.fluxcd.io/v1
		kind: GitRepository
		metadata: {name: apps, namespace: $1}
		spec: {interval: 1h, url: "$FORGE/git/apps.git", ref: {branch: main}}
	Y
}

kustomization() { # NAME NAMESPACE PATH TARGET-NAMESPACE
	kubectl apply -f - <<-Y
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: $1, namespace: $2}
		spec: {interval: 1h, retryInterval: 1s, timeout: 1m, path: "$3", prune: true, wait: true, targetNamespace: $4, sourceRef: {kind: GitRepository, name: apps}}
	Y
}

head_revision() {
	echo "main@sha1:$(git -C "$CLONE" rev-parse HEAD)"
}

@test "Flux applies weir's artifact as the tenant's account, and reports" {
	repository tenant-a
	kustomization apps tenant-a ./tenant-a tenant-a
	eventually ready_is kustomization apps tenant-a True
	field_is kustomization apps tenant-a '{.status.lastAppliedRevision}' "$(head_revision)"
	message_has kustomization apps tenant-a "Applied revision: $(head_revision)"
	field_is kustomization apps tenant-a '{.status.history[0].lastReconciledStatus}' ReconciliationSucceeded
	field_is deployment app-a tenant-a '{.metadata.labels.kustomize\.toolkit\.fluxcd\.io/name}' apps
	field_has service app-a tenant-a '{.metadata.managedFields[*].manager}' kustomize-controller
	[ "$(field kustomization apps tenant-a '{.status.inventory.entries}' | jq length)" -eq 2 ]
	eventually event_says tenant-a apps ReconciliationSucceeded
}

event_says() { # NAMESPACE KUSTOMIZATION REASON
	kubectl get events -n "$1" -o json | jq -e --arg n "$2" --arg r "$3" \
		'.items[] | select(.involvedObject.kind == "Kustomization" and .involvedObject.name == $n and .reason == $r)'
}

@test "a push is applied from weir's new artifact, and what it removes is pruned" {
	sed -i 's/app-a:1.0.0/app-a:1.1.0/' "$CLONE/tenant-a/app-a/deployment.yaml"
	git -C "$CLONE" rm -q tenant-a/app-a/service.yaml
	sed -i '/service.yaml/d' "$CLONE/tenant-a/kustomization.yaml"
	push_all 'a new image and no service'
	eventually field_is kustomization apps tenant-a '{.status.lastAppliedRevision}' "$(head_revision)"
	field_is deployment app-a tenant-a '{.spec.template.spec.containers[0].image}' registry.example.com/app-a:1.1.0
	absent service app-a tenant-a
}

@test "what the tenant's account may not do is forbidden to Flux too" {
	kustomization thief tenant-a ./tenant-b tenant-b
	eventually reason_is kustomization thief tenant-a ReconciliationFailed
	message_has kustomization thief tenant-a 'User "system:serviceaccount:tenant-a:default" cannot patch resource'
	absent deployment app-b tenant-b
	kubectl delete kustomization thief -n tenant-a --timeout=20s
}

@test "without Flux nobody reconciles a Kustomization: weir runs its source controller alone" {
	stop_flux
	repository tenant-b
	kustomization apps tenant-b ./tenant-b tenant-b
	eventually ready_is gitrepository apps tenant-b True
	echo '# again' >>"$CLONE/tenant-b/kustomization.yaml"
	push_all 'so that a controller that ran would have had the time'
	eventually field_is gitrepository apps tenant-b '{.status.artifact.revision}' "$(head_revision)"
	field_is kustomization apps tenant-b '{.status.conditions}' ''
	absent deployment app-b tenant-b
	start_flux
	eventually ready_is kustomization apps tenant-b True
	kubectl get deployment app-b -n tenant-b
}

@test "deleting the Kustomization lets Flux prune what it applied" {
	kubectl delete kustomization apps -n tenant-a --timeout=20s
	absent deployment app-a tenant-a
	kubectl get deployment app-b -n tenant-b
}

@test "Flux's source-controller and kustomize-controller run on weir's control plane alone" {
	kubectl scale deployment weir-controllers -n weir-system --replicas 0
	weir_rests() { "$WEIR" status | grep -q '^controllers  *stopped'; }
	eventually weir_rests
	port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
	mkdir "$BATS_FILE_TMPDIR/flux"
	start_peer source-controller --storage-path="$BATS_FILE_TMPDIR/flux" --storage-addr="127.0.0.1:$port" --storage-adv-addr="127.0.0.1:$port"
	tenant tenant-c
	repository tenant-c
	kustomization apps tenant-c ./tenant-b tenant-c
	EVENTUALLY_SECONDS=60 eventually ready_is kustomization apps tenant-c True
	field_has gitrepository apps tenant-c '{.status.artifact.url}' "http://127.0.0.1:$port/"
	kubectl get deployment app-b -n tenant-c
}
