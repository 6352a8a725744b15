# SPDX-License-Identifier: Apache-2.0
# Waiting for health: what gets ready later makes the Kustomization ready, whether its account may watch or not.

load lib

setup_file() {
	start_weir
	local dir=$BATS_FILE_TMPDIR/repo tenant verbs
	mkdir -p "$dir"
	cat >"$dir/rollout.yaml" <<-Y
		apiVersion: example.com/v1
		kind: Rollout
		metadata: {name: slow}
		spec: {size: 1}
	Y
	make_repo rollouts "$dir"
	export CLONE
	kubectl apply -f - <<-Y
		apiVersion: apiextensions.k8s.io/v1
		kind: CustomResourceDefinition
		metadata: {name: rollouts.example.com}
		spec:
		  group: example.com
		  scope: Namespaced
		  names: {plural: rollouts, singular: rollout, kind: Rollout, listKind: RolloutList}
		  versions:
		  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
	Y
	eventually kubectl get rollouts -A
	for tenant in watcher looker; do
		verbs=get,list,create,update,patch,delete
		[ $tenant = looker ] || verbs=$verbs,watch
		kubectl create namespace $tenant
		kubectl create role rollouts --verb=$verbs --resource=rollouts.example.com -n $tenant
		kubectl create rolebinding rollouts --role=rollouts --serviceaccount=$tenant:default -n $tenant
	done
}

teardown_file() {
	stop_weir
}

operator_says() { # TENANT CONDITION: what an operator, a field manager of its own, writes into the status
	kubectl apply --server-side --force-conflicts --field-manager=operator -f - <<-Y
		apiVersion: example.com/v1
		kind: Rollout
		metadata: {name: slow, namespace: $1}
		status: {conditions: [{type: $2, status: "True", reason: Because, message: it is so}]}
	Y
}

# The object is there before, in the middle of a rollout; the Kustomization takes it over and waits.
begin_rollout() { # TENANT [TIMEOUT]
	operator_says "$1" Reconciling
	kubectl apply -f - <<-Y
		apiVersion: source.toolkit.fluxcd.io/v1
		kind: GitRepository
		metadata: {name: rollouts, namespace: $1}
		spec: {interval: 1h, url: "$FORGE/git/rollouts.git", ref: {branch: main}}
		---
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: rollouts, namespace: $1}
		spec:
		  interval: 1h
		  timeout: ${2:-2m}
		  path: ./
		  prune: true
		  wait: true
		  targetNamespace: $1
		  sourceRef: {kind: GitRepository, name: rollouts}
	Y
}

waits_then_gets_ready() { # TENANT
	begin_rollout "$1"
	eventually message_has kustomization rollouts "$1" 'Running health checks for revision main@sha1:'
	ready_is kustomization rollouts "$1" Unknown
	field_has kustomization rollouts "$1" '{.status.inventory.entries[*].id}' "$1_slow_example.com_Rollout"
	operator_says "$1" Ready
	eventually ready_is kustomization rollouts "$1" True
	message_has kustomization rollouts "$1" 'Applied revision: main@sha1:'
}

@test "a rollout that gets ready later makes the Kustomization ready" {
	waits_then_gets_ready watcher
}

@test "an account that may not watch waits as well" {
	waits_then_gets_ready looker
}

@test "a rollout that fails makes the Kustomization fail before its timeout" {
	begin_rollout watcher
	kubectl annotate kustomization rollouts -n watcher --overwrite reconcile.fluxcd.io/requestedAt=again
	eventually message_has kustomization rollouts watcher 'Running health checks'
	operator_says watcher Stalled
	eventually ready_is kustomization rollouts watcher False
	reason_is kustomization rollouts watcher HealthCheckFailed
	message_has kustomization rollouts watcher "failed early due to stalled resources: [Rollout/watcher/slow status: 'Failed']"
}
