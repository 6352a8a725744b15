# SPDX-License-Identifier: Apache-2.0
# The commands, in the flux CLI's grammar, columns and texts (corpus cli).

load lib

setup_file() {
	start_weir
	make_repo infra-apps "$WEIR_TOP/examples/two-tenants/repo"
	export CLONE
	two_tenants_cluster | kubectl apply -f -
	eventually ready_is kustomization tenant-a-apps tenant-a True
	eventually ready_is kustomization tenant-b-apps tenant-b True
}

teardown_file() {
	stop_weir
}

@test "get lists objects in flux's columns" {
	run "$WEIR" get kustomizations -n tenant-a
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == NAME*REVISION*SUSPENDED*READY*MESSAGE* ]]
	short=main@sha1:$(git -C "$CLONE" rev-parse HEAD | cut -c1-8)
	[ "${lines[1]}" = "$(printf 'tenant-a-apps\t%s\tFalse    \tTrue \tApplied revision: %s\t' "$short" "$short")" ]
	run "$WEIR" get ks -A --no-header
	[ "${#lines[@]}" -eq 2 ]
	run "$WEIR" get sources git -A
	[[ "${lines[0]}" == NAMESPACE*NAME* ]]
	[[ "${lines[1]}" == flux-system*infra-apps* ]]
}

@test "get filters by status and says what is wrong with a selector" {
	run "$WEIR" get ks -A --no-header --status-selector ready=false
	[[ "$output" == *'no Kustomization objects found'* ]]
	run "$WEIR" get sources git --status-selector Ready
	[ "$status" -eq 1 ]
	[ "$output" = '✗ expected status selector in type=status or type!=status format, but found: Ready' ]
	run "$WEIR" get kustomization non-existent-resource -n tenant-a
	[ "$status" -eq 1 ]
	[ "$output" = "✗ Kustomization object 'non-existent-resource' not found in \"tenant-a\" namespace" ]
}

@test "reconcile waits for the controller's answer" {
	sed -i 's/replicas: 2/replicas: 3/' "$CLONE/tenant-a/app-a/deployment.yaml"
	push_all 'three'
	run "$WEIR" reconcile source git infra-apps -n flux-system
	[ "$status" -eq 0 ]
	revision=main@sha1:$(git -C "$CLONE" rev-parse HEAD)
	[ "${lines[0]}" = '► annotating GitRepository infra-apps in flux-system namespace' ]
	[ "${lines[3]}" = "✔ fetched revision $revision" ]
	run "$WEIR" reconcile kustomization tenant-a-apps -n tenant-a
	[ "$status" -eq 0 ]
	[ "${lines[3]}" = "✔ applied revision $revision" ]
	field_is deployment app-a tenant-a '{.spec.replicas}' 3
}

@test "reconcile of what fails says why and fails" {
	kubectl -n tenant-b patch kustomization tenant-b-apps --type merge -p '{"spec":{"path":"./nowhere"}}'
	run "$WEIR" reconcile ks tenant-b-apps -n tenant-b
	[ "$status" -eq 1 ]
	[[ "$output" == *'no such file or directory'* ]]
	kubectl -n tenant-b patch kustomization tenant-b-apps --type merge -p '{"spec":{"path":"./tenant-b"}}'
	eventually ready_is kustomization tenant-b-apps tenant-b True
}

@test "missing names are asked for" {
	run "$WEIR" reconcile source git
	[ "$status" -eq 1 ]
	[ "$output" = '✗ GitRepository name is required' ]
	run "$WEIR" resume kustomization
	[ "$output" = '✗ kustomization name is required' ]
	run "$WEIR" create tenant
	[ "$output" = '✗ name is required' ]
	run "$WEIR" create tenant dev --export
	[ "$output" = '✗ with-namespace is required' ]
	run "$WEIR" frobnicate
	[ "$status" -eq 2 ]
	run "$WEIR" get helmreleases
	[ "$status" -eq 1 ]
	[[ "$output" == *'not built yet'* ]]
}

@test "create tenant writes what flux writes" {
	run "$WEIR" create tenant dev --with-namespace=a,b --cluster-role=edit --with-service-account=sa --export
	[ "$status" -eq 0 ]
	for ns in a b; do
		printf -- '---\napiVersion: v1\nkind: Namespace\nmetadata:\n  labels:\n    toolkit.fluxcd.io/tenant: dev\n  name: %s\n' $ns
		printf -- '---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  labels:\n    toolkit.fluxcd.io/tenant: dev\n  name: sa\n  namespace: %s\n' $ns
		printf -- '---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  labels:\n    toolkit.fluxcd.io/tenant: dev\n  name: dev-reconciler\n  namespace: %s\n' $ns
		printf 'roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: edit\nsubjects:\n'
		printf -- '- apiGroup: rbac.authorization.k8s.io\n  kind: User\n  name: gotk:%s:reconciler\n- kind: ServiceAccount\n  name: sa\n  namespace: %s\n' $ns $ns
	done >"$BATS_TEST_TMPDIR/expected"
	diff <(printf '%s\n' "$output") "$BATS_TEST_TMPDIR/expected"
}

@test "create tenant makes a tenant, and again changes its role" {
	"$WEIR" create tenant dev --with-namespace=apps --cluster-role=view
	field_is rolebinding dev-reconciler apps '{.roleRef.name}' view
	"$WEIR" create tenant dev --with-namespace=apps --cluster-role=edit
	field_is rolebinding dev-reconciler apps '{.roleRef.name}' edit
	field_is namespace apps '' '{.metadata.labels.toolkit\.fluxcd\.io/tenant}' dev
}

@test "check and version" {
	run "$WEIR" check
	[ "$status" -eq 0 ]
	[[ "$output" == *seccomp* ]]
	[[ "$output" == *kustomizations.kustomize.toolkit.fluxcd.io/v1* ]]
	"$WEIR" version
	run "$WEIR" version --json
	[ "$status" -eq 1 ]
	[ "$output" = '✗ unknown flag: --json' ]
}

@test "controllers says which components there are" {
	run "$WEIR" controllers --data "$BATS_TEST_TMPDIR" --components helm-controller
	[ "$status" -eq 1 ]
	[[ "$output" == *'--components: expected source-controller or kustomize-controller, found "helm-controller"' ]]
	run "$WEIR" controllers --data "$BATS_TEST_TMPDIR" --components kustomize-controller
	[ "$status" -eq 1 ]
	[[ "$output" == *'name both, or source-controller alone' ]]
}

@test "controllers says which digests it does not know" {
	run "$WEIR" controllers --data "$BATS_TEST_TMPDIR" --artifact-digest-algo md5
	[ "$status" -eq 1 ]
	[[ "$output" == *'--artifact-digest-algo: unsupported digest algorithm: md5' ]]
}

@test "the installed roles give the controllers no tenant's rights" {
	run kubectl auth can-i create deployments -n tenant-a --as system:serviceaccount:weir-system:weir-controllers
	[ "$output" = no ]
	run kubectl auth can-i list secrets -A --as system:serviceaccount:weir-system:weir-controllers
	[[ "$output" == *no ]]
	run kubectl auth can-i create sourcegrants.tenancy.weir.dev -n tenant-a --as user-a@example.com
	[ "$output" = no ]
}

@test "build prints what kustomize prints" {
	run "$WEIR" build "$WEIR_TOP/examples/two-tenants/repo/tenant-a"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = 'apiVersion: v1' ]
	[ "${lines[1]}" = 'kind: Service' ]
	run "$WEIR" build "$BATS_TEST_TMPDIR/nothing"
	[ "$status" -eq 1 ]
}
