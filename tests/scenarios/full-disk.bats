# SPDX-License-Identifier: Apache-2.0
# A full disk: a write that cannot be stored is refused in clear words, everything stored stays, and writes go on as soon
# as there is room. Needs a small file system of its own, and so root.

load lib

setup_file() {
	[ -z "${WEIR_REAL-}" ] || return 0
	export SMALL=$BATS_FILE_TMPDIR/small WEIR_DATA=$BATS_FILE_TMPDIR/small/w
	mkdir -p "$SMALL"
	if mount -t tmpfs -o size=24m weir-full-disk "$SMALL" 2>/dev/null; then
		export KUBECONFIG=$WEIR_DATA/admin.kubeconfig MOUNTED=1
		"$WEIR" up --detach --data "$WEIR_DATA" >"$BATS_FILE_TMPDIR/up.out" 2>"$BATS_FILE_TMPDIR/up.log"
	fi
}

setup() {
	[ -z "${WEIR_REAL-}" ] || skip 'about the embedded control plane'
	[ -n "${MOUNTED-}" ] || skip 'cannot mount a small file system here'
}

teardown_file() {
	if [ -n "${MOUNTED-}" ]; then
		"$WEIR" down --data "$WEIR_DATA" || true
		eventually umount "$SMALL" || umount -l "$SMALL" # a process that just ended may still hold it
		no_sanitizer_reports
	fi
}

@test "a full disk refuses writes, keeps what is stored, and recovers" {
	kubectl create configmap before --from-literal=kept=yes
	fallocate -l 64M "$SMALL/filler" 2>/dev/null || dd if=/dev/zero of="$SMALL/filler" bs=64k 2>/dev/null || true
	head -c 400000 /dev/urandom | base64 -w0 >"$BATS_TEST_TMPDIR/big"
	failed=
	for i in 1 2 3 4 5 6 7 8; do
		run kubectl create configmap "big-$i" --from-file="$BATS_TEST_TMPDIR/big"
		if [ "$status" -ne 0 ]; then
			failed=$output
			break
		fi
	done
	[ -n "$failed" ]
	[[ "$failed" == *full* || "$failed" == *'no space'* || "$failed" == *'No space'* ]]
	field_is configmap before default '{.data.kept}' yes
	rm "$SMALL/filler"
	eventually kubectl create configmap after --from-literal=n=1
	field_is configmap before default '{.data.kept}' yes
	"$WEIR" down
	"$WEIR" up --detach >/dev/null 2>>"$BATS_FILE_TMPDIR/up.log"
	field_is configmap before default '{.data.kept}' yes
	field_is configmap after default '{.data.n}' 1
}
