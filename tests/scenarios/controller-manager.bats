# SPDX-License-Identifier: Apache-2.0
# The real kube-controller-manager 1.36 on weir's control plane, which then settles nothing: what its informers, service
# account tokens and updates need of an API server is there.

load lib

setup_file() {
	[ -n "${WEIR_REAL-}" ] || return 0
	export WEIR_DATA=$BATS_FILE_TMPDIR/w
	mkdir -p "$WEIR_DATA/run"
	start_role apiserver --data "$WEIR_DATA"
	export KUBECONFIG=$WEIR_DATA/admin.kubeconfig
	"$WEIR" user system:kube-controller-manager --data "$WEIR_DATA" --server "$(cat "$WEIR_DATA/run/apiserver.ready")" >"$WEIR_DATA/manager.kubeconfig"
	port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
	"${WEIR_PEERS:-$HOME/.cache/weir-peers}/bin/kube-controller-manager" --kubeconfig="$WEIR_DATA/manager.kubeconfig" \
		--authentication-kubeconfig="$WEIR_DATA/manager.kubeconfig" --authorization-kubeconfig="$WEIR_DATA/manager.kubeconfig" \
		--bind-address=127.0.0.1 --secure-port="$port" --leader-elect=false --use-service-account-credentials=true \
		--service-account-private-key-file="$WEIR_DATA/pki/sa.key" --root-ca-file="$WEIR_DATA/pki/ca.crt" \
		>"$BATS_FILE_TMPDIR/manager.out" 2>&1 3>&- &
	echo $! >"$WEIR_DATA/run/manager.pid"
	kubectl create namespace web
}

setup() {
	[ -n "${WEIR_REAL-}" ] || skip 'it needs the real kube-controller-manager: make test-real'
}

teardown_file() {
	[ -n "${WEIR_REAL-}" ] || return 0
	local name
	for name in manager apiserver; do
		kill "$(cat "$WEIR_DATA/run/$name.pid")"
	done
	no_sanitizer_reports
}

pods_are() { # COUNT IMAGE: that many pods of the deployment, all with the image
	local images
	images=$(kubectl get pods -n web -l app=web -o 'jsonpath={.items[*].spec.containers[0].image}')
	[ "$(wc -w <<<"$images")" -eq "$1" ] && [ "$(tr ' ' '\n' <<<"$images" | sort -u)" = "$2" ]
}

# No kubelet is here: what it would report.
all_pods_ready() {
	local pod
	for pod in $(kubectl get pods -n web -l app=web -o name); do
		kubectl get --raw "/api/v1/namespaces/web/pods/${pod#pod/}" | jq '.status = {phase: "Running", conditions: [
			{type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z"}]}' |
			kubectl replace --raw "/api/v1/namespaces/web/pods/${pod#pod/}/status" -f - >/dev/null || return 1
	done
}

rolled_out() { # REPLICAS
	all_pods_ready && field_is deployment web web '{.status.availableReplicas}/{.status.updatedReplicas}/{.status.replicas}' "$1/$1/$1"
}

@test "a Deployment becomes a ReplicaSet and pods, and is available when they are" {
	kubectl create deployment web -n web --image=registry.example.com/web:1 --replicas=2
	EVENTUALLY_SECONDS=60 eventually pods_are 2 registry.example.com/web:1
	field_is deployment web web '{.status.availableReplicas}' ''
	eventually rolled_out 2
}

@test "a new image is rolled out, pod by pod" {
	kubectl set image deployment/web -n web web=registry.example.com/web:2
	eventually rolled_out 2
	pods_are 2 registry.example.com/web:2
	[ "$(kubectl get replicasets -n web --no-headers | wc -l)" -eq 2 ]
}

@test "its cleaner of legacy tokens knows since when they are tracked" {
	[[ "$(field configmap kube-apiserver-legacy-service-account-token-tracking kube-system '{.data.since}')" == 20??-??-?? ]]
	! grep 'legacy-service-account-token-tracking" not found' "$BATS_FILE_TMPDIR/manager.out"
}

@test "deleting the Deployment collects its ReplicaSets and pods" {
	kubectl delete deployment web -n web
	no_pods() { [ -z "$(kubectl get replicasets,pods -n web -o name)" ]; }
	eventually no_pods
}

@test "a Job gets its pod, and a deleted namespace goes with all that is in it" {
	kubectl create job once -n web --image=registry.example.com/once -- true
	has_pod() { kubectl get pods -n web -l job-name=once -o name | grep -q .; }
	eventually has_pod
	kubectl delete namespace web --timeout=30s
	absent namespace web default
}
