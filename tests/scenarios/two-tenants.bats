# SPDX-License-Identifier: Apache-2.0
# The story of examples/two-tenants, with everything in it that must work and everything that must not.

load lib

setup_file() {
	start_weir
	make_repo infra-apps "$WEIR_TOP/examples/two-tenants/repo"
	export CLONE
	two_tenants_cluster | kubectl apply -f -
}

teardown_file() {
	stop_weir
}

@test "each tenant's Kustomization applies its own folder" {
	eventually ready_is gitrepository infra-apps flux-system True
	eventually ready_is kustomization tenant-a-apps tenant-a True
	eventually ready_is kustomization tenant-b-apps tenant-b True
	kubectl get deployment app-a -n tenant-a
	kubectl get service app-a -n tenant-a
	kubectl get deployment app-b -n tenant-b
	absent deployment app-b tenant-a
	absent deployment app-a tenant-b
}

@test "status, labels and inventory are Flux's" {
	revision="main@sha1:$(git -C "$CLONE" rev-parse HEAD)"
	field_is kustomization tenant-a-apps tenant-a '{.status.lastAppliedRevision}' "$revision"
	message_has kustomization tenant-a-apps tenant-a "Applied revision: $revision"
	field_is gitrepository infra-apps flux-system '{.status.artifact.revision}' "$revision"
	message_has gitrepository infra-apps flux-system "stored artifact for revision '$revision'"
	field_is deployment app-a tenant-a '{.metadata.labels.kustomize\.toolkit\.fluxcd\.io/name}' tenant-a-apps
	field_is deployment app-a tenant-a '{.metadata.labels.kustomize\.toolkit\.fluxcd\.io/namespace}' tenant-a
	field_is kustomization tenant-a-apps tenant-a '{.status.inventory.entries[*].id}' \
		'tenant-a_app-a__Service tenant-a_app-a_apps_Deployment'
}

@test "objects are applied with the tenant's own account" {
	field_has deployment app-a tenant-a '{.metadata.managedFields[*].manager}' kustomize-controller
	run kubectl auth can-i create deployments -n tenant-a --as system:serviceaccount:tenant-a:default
	[ "$output" = yes ]
	run kubectl auth can-i create deployments -n tenant-b --as system:serviceaccount:tenant-a:default
	[ "$output" = no ]
}

@test "a tenant's user reads and writes at home and is forbidden elsewhere" {
	as user-a@example.com kubectl get deployments -n tenant-a
	as user-a@example.com kubectl -n tenant-a create -f - <<-'Y'
		apiVersion: v1
		kind: Service
		metadata: {name: by-hand}
		spec: {ports: [{port: 80}], selector: {app: x}}
	Y
	as user-a@example.com kubectl -n tenant-a delete service by-hand
	run as user-a@example.com kubectl get deployments -n tenant-b
	[ "$status" -ne 0 ]
	[[ "$output" == *Forbidden*'User "user-a@example.com" cannot list resource "deployments" in API group "apps" in the namespace "tenant-b"'* ]]
	run as user-a@example.com kubectl delete kustomization tenant-b-apps -n tenant-b
	[ "$status" -ne 0 ]
	[[ "$output" == *Forbidden* ]]
	run as user-a@example.com kubectl get gitrepositories -n flux-system
	[[ "$output" == *Forbidden* ]]
}

@test "a manifest that names another tenant's namespace is refused and nothing of it is applied" {
	mkdir -p "$CLONE/tenant-a/evil"
	cat >"$CLONE/tenant-a/evil/kustomization.yaml" <<-'Y'
		resources: [objects.yaml]
	Y
	cat >"$CLONE/tenant-a/evil/objects.yaml" <<-'Y'
		apiVersion: v1
		kind: Service
		metadata: {name: innocent, namespace: tenant-a}
		spec: {ports: [{port: 80}]}
		---
		apiVersion: apps/v1
		kind: Deployment
		metadata: {name: intruder, namespace: tenant-b}
		spec:
		  selector: {matchLabels: {app: x}}
		  template:
		    metadata: {labels: {app: x}}
		    spec: {containers: [{name: c, image: "registry.example.com/x:1"}]}
	Y
	push_all 'reach into the neighbour'
	kubectl apply -f - <<-'Y'
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: evil, namespace: tenant-a}
		spec: {interval: 5m, path: ./tenant-a/evil, prune: true, sourceRef: {kind: GitRepository, name: infra-apps}}
	Y
	eventually reason_is kustomization evil tenant-a ReconciliationFailed
	message_has kustomization evil tenant-a 'Deployment/tenant-b/intruder dry-run failed (Forbidden)'
	message_has kustomization evil tenant-a 'User "system:serviceaccount:tenant-a:default" cannot patch resource "deployments"'
	absent deployment intruder tenant-b
	absent service innocent tenant-a
	kubectl delete kustomization evil -n tenant-a
}

@test "a source of another namespace without a grant is AccessDenied, the same whether or not it exists" {
	for name in infra-apps no-such-repository; do
		kubectl apply -f - <<-Y
			apiVersion: kustomize.toolkit.fluxcd.io/v1
			kind: Kustomization
			metadata: {name: reach-$name, namespace: default}
			spec: {interval: 5m, path: ./tenant-a, prune: true, sourceRef: {kind: GitRepository, name: $name, namespace: flux-system}}
		Y
		eventually reason_is kustomization "reach-$name" default AccessDenied
		message_has kustomization "reach-$name" default \
			"can't access 'GitRepository/flux-system/$name', cross-namespace references have been blocked"
		field_is kustomization "reach-$name" default '{.status.conditions[?(@.type=="Stalled")].reason}' AccessDenied
		kubectl delete kustomization "reach-$name" -n default
	done
}

@test "a source that is nowhere and that nobody grants is not found, in Flux's words" {
	kubectl apply -f - <<-'Y'
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: lost, namespace: default}
		spec: {interval: 5m, path: ./, prune: true, sourceRef: {kind: GitRepository, name: infra-apps}}
	Y
	eventually reason_is kustomization lost default ArtifactFailed
	message_has kustomization lost default 'not found'
	kubectl delete kustomization lost -n default
}

@test "a namespace whose default account has no rights applies nothing" {
	kubectl create namespace powerless
	kubectl apply -f - <<-Y
		apiVersion: source.toolkit.fluxcd.io/v1
		kind: GitRepository
		metadata: {name: own, namespace: powerless}
		spec: {interval: 1m, url: "$FORGE/git/infra-apps.git", ref: {branch: main}}
		---
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: own, namespace: powerless}
		spec: {interval: 5m, path: ./tenant-a, prune: true, targetNamespace: powerless, sourceRef: {kind: GitRepository, name: own}}
	Y
	eventually reason_is kustomization own powerless ReconciliationFailed
	message_has kustomization own powerless 'Forbidden'
	absent deployment app-a powerless
	absent service app-a powerless
	kubectl delete kustomization own -n powerless
}

@test "a remote base is refused" {
	mkdir -p "$CLONE/tenant-a/remote"
	cat >"$CLONE/tenant-a/remote/kustomization.yaml" <<-'Y'
		resources: ["https://example.com/org/repo//base?ref=main"]
	Y
	push_all 'a remote base'
	kubectl apply -f - <<-'Y'
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: remote, namespace: tenant-a}
		spec: {interval: 5m, path: ./tenant-a/remote, prune: true, sourceRef: {kind: GitRepository, name: infra-apps}}
	Y
	eventually reason_is kustomization remote tenant-a BuildFailed
	message_has kustomization remote tenant-a 'remote'
	kubectl delete kustomization remote -n tenant-a
}

@test "a path out of the grant is not there" {
	for path in ./tenant-b ./ tenant-a/../tenant-b; do
		kubectl apply -f - <<-Y
			apiVersion: kustomize.toolkit.fluxcd.io/v1
			kind: Kustomization
			metadata: {name: out, namespace: tenant-a}
			spec: {interval: 5m, path: "$path", prune: true, sourceRef: {kind: GitRepository, name: infra-apps}}
		Y
		eventually reason_is kustomization out tenant-a ArtifactFailed
		message_has kustomization out tenant-a 'no such file or directory'
		kubectl delete kustomization out -n tenant-a
	done
}

@test "a kustomization inside the grant cannot climb out of it" {
	mkdir -p "$CLONE/tenant-a/climb"
	cat >"$CLONE/tenant-a/climb/kustomization.yaml" <<-'Y'
		resources: [../../tenant-b]
	Y
	push_all 'climb'
	kubectl apply -f - <<-'Y'
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: climb, namespace: tenant-a}
		spec: {interval: 5m, path: ./tenant-a/climb, prune: true, targetNamespace: tenant-a, sourceRef: {kind: GitRepository, name: infra-apps}}
	Y
	eventually reason_is kustomization climb tenant-a BuildFailed
	absent deployment app-b tenant-a
	kubectl delete kustomization climb -n tenant-a
}

@test "a push is live, and what it removes is pruned" {
	sed -i 's/app-a:1.0.0/app-a:1.1.0/' "$CLONE/tenant-a/app-a/deployment.yaml"
	push_all 'a new image'
	eventually field_is deployment app-a tenant-a '{.spec.template.spec.containers[0].image}' registry.example.com/app-a:1.1.0
	git -C "$CLONE" rm -q tenant-a/app-a/service.yaml
	sed -i '/service.yaml/d' "$CLONE/tenant-a/kustomization.yaml"
	push_all 'no service'
	eventually absent service app-a tenant-a
	kubectl get deployment app-a -n tenant-a
	kubectl get service app-b -n tenant-b
}

@test "suspend stops a Kustomization, resume starts it" {
	"$WEIR" suspend kustomization tenant-b-apps -n tenant-b
	sed -i 's/app-b:1.0.0/app-b:2.0.0/' "$CLONE/tenant-b/app-b/deployment.yaml"
	push_all 'while b sleeps'
	eventually field_is gitrepository infra-apps flux-system '{.status.artifact.revision}' "main@sha1:$(git -C "$CLONE" rev-parse HEAD)"
	eventually field_is kustomization tenant-a-apps tenant-a '{.status.lastAppliedRevision}' "main@sha1:$(git -C "$CLONE" rev-parse HEAD)"
	field_is deployment app-b tenant-b '{.spec.template.spec.containers[0].image}' registry.example.com/app-b:1.0.0
	"$WEIR" resume kustomization tenant-b-apps -n tenant-b
	field_is deployment app-b tenant-b '{.spec.template.spec.containers[0].image}' registry.example.com/app-b:2.0.0
}

@test "a drifted object is put back when asked" {
	kubectl -n tenant-b scale deployment app-b --replicas 7
	"$WEIR" reconcile kustomization tenant-b-apps -n tenant-b
	field_is deployment app-b tenant-b '{.spec.replicas}' 2
}

@test "deleting a Kustomization prunes what it applied" {
	kubectl delete kustomization tenant-b-apps -n tenant-b
	eventually absent deployment app-b tenant-b
	eventually absent service app-b tenant-b
	kubectl get deployment app-a -n tenant-a
}
