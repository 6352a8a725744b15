# SPDX-License-Identifier: Apache-2.0
# Large lists are written piece by piece: they must hold what their pages hold.

load lib

setup_file() {
	start_weir
	kubectl create namespace many
	{
		for i in $(seq 60); do
			printf '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm-%02d"}, "data": {"text": "%04000d"}}\n' "$i" "$i"
		done
	} | kubectl create -n many -f -
}

teardown_file() {
	stop_weir
}

many() { # QUERY
	kubectl get --raw "/api/v1/namespaces/many/configmaps?$1"
}

@test "a large list is what its pages are" {
	whole=$(many '' | jq -cS '.items[]')
	[ "$(wc -l <<<"$whole")" -ge 60 ]
	pages='' token=''
	while :; do
		page=$(many "limit=7&continue=$token")
		pages+=$(jq -cS '.items[]' <<<"$page")$'\n'
		token=$(jq -r '.metadata.continue // empty' <<<"$page")
		[ -n "$token" ] || break
	done
	[ "$whole" = "${pages%$'\n'}" ]
}

@test "a large list has the head of a small one, and items without their kind" {
	many '' | jq -e '.kind == "ConfigMapList" and (.metadata.resourceVersion | tonumber > 0) and (.items | all(has("kind") | not))'
}
