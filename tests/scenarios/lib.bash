# SPDX-License-Identifier: Apache-2.0
# What scenarios share. Each file starts one weir (or uses the real cluster, WEIR_REAL=1) in a directory of its own.
# Nothing sleeps to wait: eventually() looks again until something is so, and says what it saw when it never was.

export LC_ALL=C GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=dev GIT_AUTHOR_EMAIL=dev@example.com GIT_COMMITTER_NAME=dev GIT_COMMITTER_EMAIL=dev@example.com

start_weir() { # further arguments go to `weir up`; what follows "--" goes to the controllers
	export WEIR_DATA=$BATS_FILE_TMPDIR/w
	if [ -n "${WEIR_REAL-}" ]; then
		start_on_real_cluster "$@"
	else
		"$WEIR" up --detach --data "$WEIR_DATA" "$@" >"$BATS_FILE_TMPDIR/up.out" 2>"$BATS_FILE_TMPDIR/up.log" || {
			cat "$BATS_FILE_TMPDIR/up.out" "$BATS_FILE_TMPDIR/up.log" >&2
			return 1
		}
		FORGE=$("$WEIR" status --data "$WEIR_DATA" | sed -n 's/^forge .* \(http:.*\)$/\1/p')
		export KUBECONFIG=$WEIR_DATA/admin.kubeconfig FORGE
	fi
}

stop_weir() {
	if [ -n "${WEIR_REAL-}" ]; then
		stop_on_real_cluster
	else
		"$WEIR" down --data "$WEIR_DATA" || true
	fi
	no_sanitizer_reports
}

# A role that a sanitizer ended was started again, and the scenario went on: its report fails the file all the same.
no_sanitizer_reports() {
	if cat "$BATS_FILE_TMPDIR"/*.log "$WEIR_DATA"/run/*.log 2>/dev/null |
		grep -E -A 40 '(Address|Leak|Thread)Sanitizer|runtime error:' >&2; then
		return 1
	fi
}

# The roles that weir up would start, on a real kube-apiserver.
start_on_real_cluster() {
	export REAL_DIR=$BATS_FILE_TMPDIR/real
	"$WEIR_TOP/tests/peers/cluster" start "$REAL_DIR" >&2 || return 1
	export KUBECONFIG=$REAL_DIR/admin.kubeconfig
	mkdir -p "$WEIR_DATA/run"
	"$WEIR" install >&2 || return 1
	"$WEIR_TOP/tests/peers/cluster" account "$REAL_DIR" weir-system weir-controllers >"$WEIR_DATA/run/controllers.kubeconfig" || return 1
	start_role forge --dir "$WEIR_DATA/git" --wake-socket "$WEIR_DATA/run/wake.sock" || return 1
	FORGE=$(cat "$WEIR_DATA/run/forge.ready")
	export FORGE
	while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
	start_role controllers --kubeconfig "$WEIR_DATA/run/controllers.kubeconfig" --data "$WEIR_DATA/sources" \
		--wake-socket "$WEIR_DATA/run/wake.sock" "${@:2}"
}

start_role() { # NAME ARGUMENTS...: starts a role and waits until it says that it is ready
	local name=$1 fifo=$WEIR_DATA/run/$1.fifo
	mkfifo "$fifo"
	"$WEIR" "$@" --ready-fd 9 9>"$fifo" >"$WEIR_DATA/run/$name.log" 2>&1 3>&- &
	echo $! >"$WEIR_DATA/run/$name.pid"
	local line=
	read -r -t 30 line <"$fifo" || { cat "$WEIR_DATA/run/$name.log" >&2; return 1; }
	echo "${line#ready }" >"$WEIR_DATA/run/$name.ready"
	rm -f "$fifo"
}

stop_on_real_cluster() {
	local name
	for name in controllers forge; do
		[ -f "$WEIR_DATA/run/$name.pid" ] && kill "$(cat "$WEIR_DATA/run/$name.pid")" 2>/dev/null
	done
	"$WEIR_TOP/tests/peers/cluster" stop "$REAL_DIR" || true
}

# eventually COMMAND...: until it succeeds, at most 20 seconds.
eventually() {
	local end=$((SECONDS + ${EVENTUALLY_SECONDS:-20})) out
	until out=$("$@" 2>&1); do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "never became true: $*" >&2
			echo "$out" >&2
			return 1
		fi
	done
	printf '%s\n' "$out"
}

field() { # KIND NAME NAMESPACE JSONPATH: prints it
	kubectl get "$1" "$2" -n "$3" -o "jsonpath=$4"
}

field_is() { # KIND NAME NAMESPACE JSONPATH EXPECTED
	local got
	got=$(field "$1" "$2" "$3" "$4") || return 1
	[ "$got" = "$5" ] || { echo "expected '$5', found '$got'"; return 1; }
}

field_has() { # KIND NAME NAMESPACE JSONPATH PART
	local got
	got=$(field "$1" "$2" "$3" "$4") || return 1
	case $got in *"$5"*) ;; *) echo "expected it to hold '$5', found '$got'"; return 1 ;; esac
}

ready_is() { # KIND NAME NAMESPACE STATUS
	field_is "$1" "$2" "$3" '{.status.conditions[?(@.type=="Ready")].status}' "$4"
}

message_has() { # KIND NAME NAMESPACE PART
	field_has "$1" "$2" "$3" '{.status.conditions[?(@.type=="Ready")].message}' "$4"
}

reason_is() { # KIND NAME NAMESPACE REASON
	field_is "$1" "$2" "$3" '{.status.conditions[?(@.type=="Ready")].reason}' "$4"
}

absent() { # KIND NAME NAMESPACE
	! kubectl get "$1" "$2" -n "$3" >/dev/null 2>&1
}

# make_repo NAME DIR: the files of DIR as the first commit of a new repository on the forge; the clone is $CLONE.
make_repo() {
	CLONE=$BATS_FILE_TMPDIR/clones/$1
	mkdir -p "$CLONE"
	cp -R "$2"/. "$CLONE"/
	git -C "$CLONE" init -q -b main
	git -C "$CLONE" add -A
	git -C "$CLONE" commit -qm 'first'
	git -C "$CLONE" push -q "$FORGE/git/$1.git" main
	git -C "$CLONE" remote add origin "$FORGE/git/$1.git"
}

push_all() { # MESSAGE: commits everything in $CLONE and pushes
	git -C "$CLONE" add -A
	git -C "$CLONE" commit -qm "$1"
	git -C "$CLONE" push -q origin main
}

# as USER COMMAND...: kubectl and weir with another user's kubeconfig.
as() {
	local user=$1 file=$BATS_FILE_TMPDIR/$1.kubeconfig
	shift
	if [ ! -f "$file" ]; then
		if [ -n "${WEIR_REAL-}" ]; then
			"$WEIR_TOP/tests/peers/cluster" user "$REAL_DIR" "$user" >"$file"
		else
			"$WEIR" user "$user" --data "$WEIR_DATA" >"$file"
		fi
	fi
	KUBECONFIG=$file "$@"
}

# The manifests of examples/two-tenants with the repository's URL replaced.
two_tenants_cluster() {
	local file
	for file in namespaces cluster-role-flux-admin role-binding-tenant-a role-binding-tenant-b role-binding-reconciler-a \
		role-binding-reconciler-b source-grant git-repo-multitenant kustomization-tenant-a kustomization-tenant-b; do
		echo "---"
		sed -e "s#url: .*#url: $FORGE/git/infra-apps.git#" -e '/secretRef:/,/name: flux-ssh-key/d' \
			"$WEIR_TOP/examples/two-tenants/cluster/$file.yaml"
	done
}

# Pushes a new value for ConfigMap neighbour/good and waits until it is there. GOOD is the clone of its repository.
neighbour_goes_on() { # FILE KEY: where the value stands, "KEY: ...}"
	local n=$((BATS_TEST_NUMBER * 7))
	sed -i "s/$2: .*}/$2: \"$n\"}/" "$GOOD/$1"
	git -C "$GOOD" commit -qam "n $n"
	git -C "$GOOD" push -q origin main
	eventually field_is configmap good neighbour "{.data.$2}" "$n"
}

config_map() { # NAME: its text
	printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {from: %s}\n' "$1" "$1"
}

folder() { # DIR NAME [RESOURCE...]: a kustomization of one ConfigMap and further resources
	local dir=$1 name=$2
	shift 2
	mkdir -p "$dir"
	config_map "$name" >"$dir/cm.yaml"
	printf 'resources:\n- cm.yaml\n' >"$dir/kustomization.yaml"
	[ $# -eq 0 ] || printf -- '- "%s"\n' "$@" >>"$dir/kustomization.yaml"
}
