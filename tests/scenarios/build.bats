# SPDX-License-Identifier: Apache-2.0
# `weir build kustomization`: what a Flux Kustomization would apply. What flux was recorded to print is compared by
# tests/corpus/flux-build; here is what has to do with the cluster, and what must not happen.

load lib

setup_file() {
	start_weir
	kubectl create namespace shop
	kubectl -n shop create configmap vars --from-literal=region=north
	kubectl -n shop create secret generic more --from-literal=tier=gold
}

teardown_file() {
	stop_weir
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir app
	printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {at: "${region}-${tier:=none}"}\n' >app/cm.yaml
}

# kustomization NAME [SPEC]: one of namespace shop, with further lines of its spec.
kustomization() {
	cat <<-EOF
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: $1, namespace: shop}
		spec:
		  interval: 10m
		  prune: true
		  path: ./app
		  sourceRef: {kind: GitRepository, name: app}
		$2
	EOF
}

from_cluster='  postBuild:
    substituteFrom:
    - {kind: ConfigMap, name: vars}
    - {kind: Secret, name: more}
    - {kind: ConfigMap, name: not-there, optional: true}'

@test "variables come from the cluster, and the tree stays as it was" {
	kustomization app "$from_cluster" >ks.yaml
	run "$WEIR" build kustomization app -n shop --path app --kustomization-file ks.yaml
	[ "$status" -eq 0 ]
	[[ "$output" == *'at: north-gold'* ]]
	[[ "$output" == *'kustomize.toolkit.fluxcd.io/namespace: shop'* ]]
	[ "$(ls app)" = cm.yaml ]
}

@test "the Kustomization comes from the cluster when no file is named" {
	kustomization app "$from_cluster" | kubectl apply -f -
	run "$WEIR" build ks app -n shop --path app
	[ "$status" -eq 0 ]
	[[ "$output" == *'at: north-gold'* ]]
	run "$WEIR" build ks nobody -n shop --path app
	[ "$status" -eq 1 ]
	[[ "$output" == *'failed to get kustomization object'* ]]
}

@test "a dry run asks no cluster" {
	kustomization app "$from_cluster
    substitute: {region: here}" >ks.yaml
	KUBECONFIG=/nonexistent run "$WEIR" build ks app -n shop --path app --kustomization-file ks.yaml --dry-run
	[ "$status" -eq 0 ]
	[[ "$output" == *'at: here-none'* ]]
	run "$WEIR" build ks app -n shop --path app --dry-run
	[ "$status" -eq 1 ]
	[[ "$output" == *'dry-run mode requires a kustomization file' ]]
}

@test "a strict build refuses a variable without a value" {
	kustomization app '  postBuild: {substitute: {tier: silver}}' >ks.yaml
	run "$WEIR" build ks app -n shop --path app --kustomization-file ks.yaml --dry-run
	[[ "$output" == *'at: -silver'* ]]
	run "$WEIR" build ks app -n shop --path app --kustomization-file ks.yaml --dry-run --strict-substitute
	[ "$status" -eq 1 ]
	[[ "$output" == *region* ]]
}

@test "common metadata, prefix and target namespace are applied" {
	kustomization app '  targetNamespace: elsewhere
  namePrefix: pre-
  commonMetadata: {labels: {team: blue}}' >ks.yaml
	run "$WEIR" build ks app -n shop --path app --kustomization-file ks.yaml --dry-run
	[[ "$output" == *'team: blue'*'name: pre-cm'*'namespace: elsewhere'* ]]
}

@test "no cipher text of an encrypted Secret is shown" {
	printf '%s\n' 'apiVersion: v1' 'kind: Secret' 'metadata: {name: s}' 'stringData: {password: "ENC[AES256_GCM,data:abc]"}' \
		'sops: {mac: "ENC[AES256_GCM,data:def]"}' >app/secret.yaml
	kustomization app >ks.yaml
	run "$WEIR" build ks app -n shop --path app --kustomization-file ks.yaml --dry-run
	[ "$status" -eq 0 ]
	[[ "$output" == *"password: '**SOPS**'"* ]]
	[[ "$output" != *ENC* ]]
	[[ "$output" != *sops:* ]]
}

@test "Kustomizations that make each other are built once each" {
	mkdir other
	kustomization other '' | sed 's,./app,./other,' >app/other.yaml
	kustomization app '' >other/app.yaml
	kustomization app '' >ks.yaml
	run "$WEIR" build ks app -n shop --path app --kustomization-file ks.yaml --dry-run -r \
		--local-sources GitRepository/shop/app=.
	[ "$status" -eq 0 ]
	[ "$(grep -c '^kind: Kustomization' <<<"$output")" -eq 2 ]
	[ "$(grep -c '^kind: ConfigMap' <<<"$output")" -eq 1 ]
	run "$WEIR" build ks app -n shop --path app --kustomization-file ks.yaml --dry-run -r
	[ "$status" -eq 1 ]
	[[ "$output" == *"GitRepository/shop/app', which --local-sources does not name" ]]
}

@test "remote bases are refused" {
	echo 'resources: [https://example.com/base.yaml]' >app/kustomization.yaml
	kustomization app >ks.yaml
	run "$WEIR" build ks app -n shop --path app --kustomization-file ks.yaml --dry-run
	[ "$status" -eq 1 ]
	[[ "$output" == *'lockdown refuses remote bases'* ]]
}
