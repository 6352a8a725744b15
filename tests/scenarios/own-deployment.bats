# SPDX-License-Identifier: Apache-2.0
# weir's own Deployment: the controllers run as it says, from Git like everything else, and nobody else's Deployment
# starts a process on this machine.

load lib

setup_file() {
	[ -z "${WEIR_REAL-}" ] || return 0
	start_weir
	make_repo infra-apps "$WEIR_TOP/examples/two-tenants/repo"
	two_tenants_cluster | kubectl apply -f -
	kubectl delete sourcegrant -n flux-system --all
	stranger | kubectl apply -f -
	export FLEET=$BATS_FILE_TMPDIR/fleet
	mkdir -p "$FLEET"
	"$WEIR" install --export --image weir.dev/weir:0.1 >"$FLEET/weir.yaml"
	unpatched >"$FLEET/kustomization.yaml"
	make_repo fleet "$FLEET"
	export CLONE
}

setup() {
	[ -z "${WEIR_REAL-}" ] || skip 'about the embedded control plane'
}

teardown_file() {
	if [ -z "${WEIR_REAL-}" ]; then stop_weir; fi
}

# A Kustomization that uses a source of another namespace, which lockdown denies.
stranger() {
	cat <<-'Y'
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: stranger, namespace: tenant-a}
		spec: {interval: 1h, retryInterval: 1s, path: ./tenant-a, prune: true, targetNamespace: tenant-a, sourceRef: {kind: GitRepository, name: infra-apps, namespace: flux-system}}
	Y
}

unpatched() {
	echo 'resources: [weir.yaml]'
}

patched() { # FLAG: as Flux's lockdown patches are written
	unpatched
	cat <<-Y
		patches:
		- target: {kind: Deployment, name: weir-controllers}
		  patch: |
		    - op: add
		      path: /spec/template/spec/containers/0/args/-
		      value: $1
	Y
}

controllers_pid() {
	"$WEIR" status | sed -n 's/^controllers  *pid \([0-9]*\), ready,.*/\1/p'
}

flags_of() { # PID: its command line, a flag a line
	tr '\0' '\n' <"/proc/$1/cmdline"
}

available_is() { # STATUS
	field_is deployment weir-controllers weir-system '{.status.conditions[?(@.type=="Available")].status}' "$1"
}

generation_is_observed() {
	field_is deployment weir-controllers weir-system '{.status.observedGeneration}' \
		"$(field deployment weir-controllers weir-system '{.metadata.generation}')"
}

runs_with() { # FLAG: a ready process that has it
	local pid
	pid=$(controllers_pid)
	[ -n "$pid" ] && flags_of "$pid" | grep -qx -e "$1"
}

runs_without() { # FLAG
	local pid
	pid=$(controllers_pid)
	[ -n "$pid" ] && ! flags_of "$pid" | grep -qx -e "$1"
}

set_args() { # ARG...: of weir's own Deployment
	kubectl patch deployment weir-controllers -n weir-system --type json -p "$(printf '%s\n' controllers "$@" |
		jq -Rn '[{op: "replace", path: "/spec/template/spec/containers/0/args", value: [inputs]}]')"
}

@test "weir up makes the Deployment, and its status is the process" {
	available_is True
	generation_is_observed
	pid=$(controllers_pid)
	kill -9 "$pid"
	new_pid() { local now; now=$(controllers_pid); [ -n "$now" ] && [ "$now" != "$pid" ]; }
	eventually new_pid
	eventually available_is True
}

@test "a lockdown flag from Git changes how the controllers behave, and its revert too" {
	eventually reason_is kustomization stranger tenant-a AccessDenied
	kubectl apply -f - <<-Y
		apiVersion: rbac.authorization.k8s.io/v1
		kind: ClusterRoleBinding
		metadata: {name: fleet}
		roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
		subjects: [{kind: ServiceAccount, name: default, namespace: weir-system}]
		---
		apiVersion: source.toolkit.fluxcd.io/v1
		kind: GitRepository
		metadata: {name: fleet, namespace: weir-system}
		spec: {interval: 1h, url: "$FORGE/git/fleet.git", ref: {branch: main}}
		---
		apiVersion: kustomize.toolkit.fluxcd.io/v1
		kind: Kustomization
		metadata: {name: fleet, namespace: weir-system}
		spec: {interval: 1h, retryInterval: 1s, timeout: 1m, path: ./, prune: true, wait: true, sourceRef: {kind: GitRepository, name: fleet}}
	Y
	eventually ready_is kustomization fleet weir-system True
	before=$(controllers_pid)
	patched --no-cross-namespace-refs=false >"$CLONE/kustomization.yaml"
	push_all 'open the door'
	eventually runs_with --no-cross-namespace-refs=false
	[ "$(controllers_pid)" != "$before" ]
	eventually ready_is kustomization stranger tenant-a True
	eventually field_is kustomization fleet weir-system '{.status.lastAppliedRevision}' "main@sha1:$(git -C "$CLONE" rev-parse HEAD)"
	unpatched >"$CLONE/kustomization.yaml"
	push_all 'close it'
	eventually runs_without --no-cross-namespace-refs=false
	"$WEIR" reconcile kustomization stranger -n tenant-a || true
	eventually reason_is kustomization stranger tenant-a AccessDenied
	kubectl patch kustomization fleet -n weir-system --type merge -p '{"spec":{"prune":false}}'
	kubectl delete kustomization fleet -n weir-system --timeout=20s
}

@test "a Deployment of a tenant starts nothing, whatever its image says" {
	pid=$(controllers_pid)
	kubectl get deployment weir-controllers -n weir-system -o json |
		jq '.metadata = {name: "weir-controllers", namespace: "tenant-a"} | .spec.template.spec.containers[0].args += ["--default-service-account="]' |
		kubectl apply -f -
	eventually field_is deployment weir-controllers tenant-a '{.status.readyReplicas}' 1 # settled, as any other
	[ "$(controllers_pid)" = "$pid" ]
	[ "$(pgrep -c -P "$("$WEIR" status | sed -n 's/^supervisor *pid \([0-9]*\),.*/\1/p')")" -eq 3 ]
	run as user-a@example.com kubectl patch deployment weir-controllers -n weir-system --type merge -p '{"spec":{"replicas":0}}'
	[ "$status" -eq 1 ]
	[[ "$output" == *'resource "deployments" in API group "apps" in the namespace "weir-system"'* ]]
}

@test "what is no flag of a reconcile is refused, and what runs goes on" {
	pid=$(controllers_pid)
	for flag in --kubeconfig=/tmp/x --wake-socket=/tmp/x --log-level=/tmp/x up; do
		set_args "$flag"
		eventually field_has deployment weir-controllers weir-system '{.status.conditions[?(@.type=="ReplicaFailure")].message}' 'spec.template.spec.containers[0].args'
	done
	set_args --log-level=info
	eventually runs_with --log-level=info
	kubectl patch deployment weir-controllers -n weir-system --type json \
		-p '[{"op":"add","path":"/spec/template/spec/containers/0/command","value":["/bin/sh"]}]'
	eventually field_has deployment weir-controllers weir-system '{.status.conditions[?(@.type=="ReplicaFailure")].message}' 'command: expected none'
	runs_with --log-level=info
	kubectl patch deployment weir-controllers -n weir-system --type json \
		-p '[{"op":"remove","path":"/spec/template/spec/containers/0/command"}]'
	eventually field_is deployment weir-controllers weir-system '{.status.conditions[?(@.type=="ReplicaFailure")].message}' ''
	eventually available_is True
}

@test "flags that the controllers refuse are a crash loop, until they are mended" {
	set_args --concurrent=1000
	eventually field_is deployment weir-controllers weir-system '{.status.conditions[?(@.type=="Progressing")].reason}' CrashLoopBackOff
	field_has deployment weir-controllers weir-system '{.status.conditions[?(@.type=="Progressing")].message}' 'ended with status 1'
	available_is False
	set_args --concurrent=2
	eventually runs_with --concurrent=2
	eventually available_is True
}

@test "a new control plane does not start the controllers anew" {
	pid=$(controllers_pid)
	api=$("$WEIR" status | sed -n 's/^apiserver *pid \([0-9]*\),.*/\1/p')
	kill -9 "$api"
	eventually kubectl get --raw /readyz
	eventually available_is True
	[ "$(controllers_pid)" = "$pid" ]
}

@test "scaled to zero or deleted it stops, and down and up keep what it says" {
	kubectl scale deployment weir-controllers -n weir-system --replicas 0
	is_stopped() { "$WEIR" status | grep -q '^controllers  *stopped'; }
	eventually is_stopped
	"$WEIR" down
	start_weir
	is_stopped
	kubectl scale deployment weir-controllers -n weir-system --replicas 1
	eventually runs_with --concurrent=2
	kubectl delete deployment weir-controllers -n weir-system
	eventually is_stopped
	"$WEIR" down
	start_weir # makes it again
	eventually runs_without --concurrent=2
}

@test "the flags that weir up was given have the last word" {
	"$WEIR" down
	start_weir -- --no-cross-namespace-refs=true
	set_args --no-cross-namespace-refs=false
	eventually runs_with --no-cross-namespace-refs=false
	stranger | kubectl apply -f -
	"$WEIR" reconcile kustomization stranger -n tenant-a || true
	reason_is kustomization stranger tenant-a AccessDenied
}
