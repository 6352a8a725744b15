# SPDX-License-Identifier: Apache-2.0
# What OpenAPI version 2 says of custom kinds: kubectl before 1.24 refuses what it does not name.

load lib

setup_file() {
	start_weir
	crd Anything 'x-kubernetes-preserve-unknown-fields: true, properties: {spec: {type: object}}'
	crd Shaped 'properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}'
	eventually defined Anything
	eventually defined Shaped
}

teardown_file() {
	stop_weir
}

crd() { # KIND SCHEMA
	kubectl apply -f - <<-Y
		apiVersion: apiextensions.k8s.io/v1
		kind: CustomResourceDefinition
		metadata: {name: ${1,,}s.example.com}
		spec:
		  group: example.com
		  scope: Namespaced
		  names: {plural: ${1,,}s, singular: ${1,,}, kind: $1, listKind: ${1}List}
		  versions:
		  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, $2}}}
	Y
}

definition() { # KIND
	kubectl get --raw /openapi/v2 | jq -ce ".definitions[\"com.example.v1.$1\"]"
}

defined() { # KIND
	definition "$1" >/dev/null
}

@test "a kind with any fields has none in version 2" {
	[ "$(definition Anything | jq -c 'keys')" = '["type","x-kubernetes-group-version-kind"]' ]
}

@test "another kind has its fields, and what every object has" {
	[ "$(definition Shaped | jq -c '.properties | keys')" = '["apiVersion","kind","metadata","spec"]' ]
}

@test "kubectl takes an object with fields that nobody described" {
	kubectl apply -f - <<-Y
		apiVersion: example.com/v1
		kind: Anything
		metadata: {name: one, namespace: default}
		status: {odd: [1, two]}
	Y
	field_is anything one default '{.status.odd[1]}' two
}
