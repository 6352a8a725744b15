# SPDX-License-Identifier: Apache-2.0
# weir up, status, down: the life of a local weir. Everything that was answered survives kill -9 of any role.

load lib

setup_file() {
	[ -z "${WEIR_REAL-}" ] || return 0
	start_weir
	make_repo infra-apps "$WEIR_TOP/examples/two-tenants/repo"
	export CLONE
	two_tenants_cluster | kubectl apply -f -
	eventually ready_is kustomization tenant-a-apps tenant-a True
}

setup() {
	[ -z "${WEIR_REAL-}" ] || skip 'about the embedded control plane'
}

teardown_file() {
	if [ -z "${WEIR_REAL-}" ]; then stop_weir; fi
}

role_pid() {
	"$WEIR" status | sed -n "s/^$1  *pid \([0-9]*\),.*/\1/p"
}

role_is_new() { # ROLE OLD-PID
	local pid
	pid=$(role_pid "$1")
	[ -n "$pid" ] && [ "$pid" != "$2" ] && "$WEIR" status >/dev/null
}

@test "a second weir on the same directory is refused" {
	run "$WEIR" up --data "$WEIR_DATA"
	[ "$status" -eq 1 ]
	[[ "$output" == *'a weir runs on'* ]]
	run "$WEIR" up --fresh --data "$WEIR_DATA"
	[ "$status" -eq 1 ]
}

@test "a weir in the foreground holds its directory too" {
	"$WEIR" up --data "$BATS_TEST_TMPDIR/front" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	pid=$!
	eventually grep 'weir is ready' "$BATS_TEST_TMPDIR/out"
	"$WEIR" status --data "$BATS_TEST_TMPDIR/front"
	run "$WEIR" up --data "$BATS_TEST_TMPDIR/front"
	[ "$status" -eq 1 ]
	[[ "$output" == *'a weir runs on'* ]]
	kill "$pid"
	wait "$pid"
}

@test "--fresh does not remove a directory that holds something else" {
	mkdir -p "$BATS_TEST_TMPDIR/home/documents"
	run "$WEIR" up --fresh --data "$BATS_TEST_TMPDIR/home"
	[ "$status" -eq 1 ]
	[ -d "$BATS_TEST_TMPDIR/home/documents" ]
}

@test "kill -9 of the controllers loses nothing" {
	pid=$(role_pid controllers)
	kill -9 "$pid"
	eventually role_is_new controllers "$pid"
	sed -i 's/app-a:1.0.0/app-a:1.0.1/' "$CLONE/tenant-a/app-a/deployment.yaml"
	push_all 'after the controllers died'
	eventually field_is deployment app-a tenant-a '{.spec.template.spec.containers[0].image}' registry.example.com/app-a:1.0.1
}

@test "kill -9 of the forge loses nothing" {
	pid=$(role_pid forge)
	kill -9 "$pid"
	eventually role_is_new forge "$pid"
	sed -i 's/app-a:1.0.1/app-a:1.0.2/' "$CLONE/tenant-a/app-a/deployment.yaml"
	push_all 'after the forge died'
	eventually field_is deployment app-a tenant-a '{.spec.template.spec.containers[0].image}' registry.example.com/app-a:1.0.2
}

@test "kill -9 of the control plane loses no answered write" {
	for i in 1 2 3; do
		kubectl create configmap "kept-$i" --from-literal=n=$i
		pid=$(role_pid apiserver)
		kill -9 "$pid"
		eventually role_is_new apiserver "$pid"
		eventually kubectl get configmap "kept-$i"
	done
	sed -i 's/app-a:1.0.2/app-a:1.0.3/' "$CLONE/tenant-a/app-a/deployment.yaml"
	push_all 'after the control plane died'
	eventually field_is deployment app-a tenant-a '{.spec.template.spec.containers[0].image}' registry.example.com/app-a:1.0.3
}

@test "down and up again find everything as it was" {
	uid=$(field deployment app-a tenant-a '{.metadata.uid}')
	"$WEIR" down
	run "$WEIR" status
	[ "$status" -eq 1 ]
	start_weir
	field_is deployment app-a tenant-a '{.metadata.uid}' "$uid"
	field_is configmap kept-2 default '{.data.n}' 2
	sed -i 's/app-a:1.0.3/app-a:1.0.4/' "$CLONE/tenant-a/app-a/deployment.yaml"
	push_all 'after a restart'
	eventually field_is deployment app-a tenant-a '{.spec.template.spec.containers[0].image}' registry.example.com/app-a:1.0.4
}

@test "kill -9 of the supervisor ends its roles, and the next up finds everything" {
	pids="$(role_pid apiserver) $(role_pid forge) $(role_pid controllers)"
	kill -9 "$("$WEIR" status | sed -n 's/^supervisor *pid \([0-9]*\),.*/\1/p')"
	all_gone() {
		local pid
		for pid in $pids; do ! kill -0 "$pid" 2>/dev/null || return 1; done
	}
	eventually all_gone
	start_weir
	field_is configmap kept-3 default '{.data.n}' 3
	eventually ready_is kustomization tenant-a-apps tenant-a True
}
