/* SPDX-License-Identifier: Apache-2.0 */
/* Every maximum of the program, in one place. A limit that a user may change bears its flag's name.
 * Where Kubernetes or Flux has the same limit, its figure is taken and named. */
#pragma once

/* memory */
#define ARENA_MAX_DEFAULT ((size_t)1 << 30)   /* bytes of one arena when its maker names no maximum */
#define ARENA_MAX_REQUEST ((size_t)256 << 20) /* bytes one API request may use */

/* documents (tenants write them) */
#define LIMIT_DEPTH 10000                   /* nesting of JSON: sigs.k8s.io/json refuses more */
#define LIMIT_YAML_DEPTH 1000               /* nesting of YAML: libyaml is quadratic in flow nesting */
#define LIMIT_YAML_BYTES ((size_t)64 << 20) /* one YAML stream */
#define LIMIT_YAML_DOCUMENTS 20000          /* documents of one stream */
#define LIMIT_YAML_NODES 5000000            /* nodes of one stream after aliases are expanded */
#define LIMIT_YAML_FLOW_WORK                                                                                           \
        ((size_t)200 << 20)                     /* sum of the flow nesting over the events of a YAML stream: a second */
#define LIMIT_YAML_ERRORS 100                   /* duplicate keys named in one error text */
#define LIMIT_YAML_MENDS 16                     /* rewritings of one document for libyaml, see yaml_source.c */
#define LIMIT_YAML_MEND_BYTES ((size_t)4 << 20) /* longer ones are not rewritten */
#define LIMIT_PATCH_OPERATIONS 10000            /* JSON patch, as kube-apiserver */
#define LIMIT_PATCH_COPIES                                                                                             \
        ((size_t)3145728)            /* bytes that one JSON patch's "copy" operations may add, as kube-apiserver */
#define LIMIT_JSONPATH_STEPS 1000000 /* values that one JSONPath template may visit */
#define LIMIT_SEMVER 256             /* bytes of a version, as Masterminds/semver */
#define LIMIT_SEMVER_RANGE 4096      /* bytes of a version constraint: reading one is quadratic at worst */
#define LIMIT_IGNORE_PATTERNS 10000  /* lines of all ignore files of one source */
#define LIMIT_SUBST_DEPTH 200        /* nesting of ${a:-${b:-…}} in variable substitution */
#define LIMIT_REGEX 65536            /* bytes of a regular expression */
#define LIMIT_STRICT_ERRORS 100      /* duplicate fields that one strict reading reports, as sigs.k8s.io/json */

/* the API server */
#define LIMIT_REQUEST_BODY ((size_t)3145728)  /* kube-apiserver's body limit, bytes */
#define LIMIT_REQUEST_HEADERS ((size_t)16384) /* request line and header fields, bytes */
#define LIMIT_OBJECT_DATA ((size_t)1048576)   /* data of a ConfigMap or Secret, bytes */

/* the client */
#define LIMIT_RESPONSE_BYTES ((size_t)1 << 30)    /* one answer of an API server */
#define LIMIT_TOKEN_BYTES ((size_t)65536)         /* a bearer token's file */
#define LIMIT_KUBECONFIG_BYTES ((size_t)4 << 20)  /* a kubeconfig and each file it names */
#define LIMIT_STORED_OBJECT ((size_t)8 << 20)     /* JSON of one stored object with its managedFields, bytes */
#define LIMIT_WATCH_RING_EVENTS 65536             /* events kept for watches and lists of the past; a power of two */
#define LIMIT_WATCH_RING_BYTES ((size_t)64 << 20) /* memory those events may hold on to */
#define LIMIT_STORE_BATCH 256                     /* writes of one commit */
#define LIMIT_STORE_QUEUE 4096                    /* writes waiting for the writer; more are told to try again */
#define LIMIT_FIELD_ERRORS 200                    /* causes one invalid object is told of */

/* the sandbox and the jobs in it */
#define LIMIT_BROKER_WORKERS 128                /* workers at once; further callers wait */
#define LIMIT_JOB_INPUT ((size_t)64 << 20)      /* bytes of one job's request */
#define LIMIT_JOB_OUTPUT ((size_t)256 << 20)    /* bytes of one job's answer when the caller names no maximum */
#define LIMIT_JOB_ERROR ((size_t)65536)         /* bytes of the error text that a worker may send */
#define LIMIT_TREE_FILES 100000                 /* files and directories of one source tree */
#define LIMIT_TREE_BYTES ((uint64_t)1 << 30)    /* bytes of one source tree, unpacked */
#define LIMIT_TREE_PATH 4096                    /* bytes of one path in a source tree */
#define LIMIT_TREE_DEPTH 128                    /* directories above a file in a source tree */
#define LIMIT_ARCHIVE_BYTES ((uint64_t)1 << 30) /* bytes of one packed artifact or one Git pack */
#define LIMIT_GIT_REFS ((size_t)32 << 20)       /* bytes of one remote's list of refs */
#define LIMIT_GIT_COMMIT ((size_t)1 << 20)      /* bytes of one commit object */
#define LIMIT_GIT_SUBMODULES 100                /* submodules of one tree */
#define LIMIT_GIT_SUBMODULE_DEPTH 10            /* submodules of submodules: go-git's own limit */
#define LIMIT_PROC_STDERR ((size_t)65536)       /* bytes kept of a program's standard error */

/* objects and their schemas */
#define LIMIT_SCHEMA_DEPTH 300    /* nesting of a CRD's schema */
#define LIMIT_PROTOBUF_DEPTH 200  /* nested messages of one protobuf body */
#define LIMIT_STRICT_WARNINGS 100 /* unknown or duplicate fields one object is told of */
#define LIMIT_INVALID_CAUSES 100  /* validation errors one custom object is told of */
#define LIMIT_FIELDSET_DEPTH 1000 /* steps of one managed field's path */
#define LIMIT_MANAGERS 1000       /* entries of one object's managedFields */
#define LIMIT_PATCH_DEPTH 1000    /* nesting that a strategic merge or an apply walks through */
#define LIMIT_SET_LIST 10000      /* scalars of one list that strategic merge joins; it compares each with each */
#define LIMIT_ERROR_TEXT ((size_t)65536)   /* bytes of an object shown in an error text */
#define LIMIT_ANNOTATIONS ((size_t)262144) /* keys and values of annotations, as kube-apiserver, bytes */

/* kustomize builds */
#define ARENA_MAX_BUILD ((size_t)4 << 30)          /* bytes one build of `weir build` may use */
#define LIMIT_KUSTOMIZE_DEPTH 64                   /* bases within bases */
#define LIMIT_KUSTOMIZE_HISTORY 100                /* previous ids that an annotation of kustomize's own may give */
#define LIMIT_KUSTOMIZE_FILE ((size_t)64 << 20)    /* one file of a source tree, bytes */
#define LIMIT_KUSTOMIZE_FILES 100000               /* files and directories one build may name */
#define LIMIT_KUSTOMIZE_RESOURCES 200000           /* resources of one build */
#define LIMIT_KUSTOMIZE_WORK ((size_t)20 << 20)    /* resources looked at by all patches, selectors and references */
#define LIMIT_KUSTOMIZE_OUTPUT ((size_t)512 << 20) /* bytes of YAML one build may print */
#define LIMIT_SYMLINKS 255                         /* symlinks followed for one path */
#define LIMIT_MERGE_LIST 2000                  /* elements of a list that a patch merges by several keys: quadratic */
#define LIMIT_MESSAGE_VALUE ((size_t)16 << 10) /* bytes of an object quoted in a message */

/* the HTTP server; times in nanoseconds */
#define LIMIT_HTTP_CONNECTIONS ((size_t)8192)              /* open at once, when the role sets no other cap */
#define LIMIT_HTTP_HEADERS 128                             /* header fields of one request */
#define LIMIT_HTTP_HANDSHAKE_NS (INT64_C(10) * 1000000000) /* a TLS handshake */
#define LIMIT_HTTP_HEAD_NS (INT64_C(15) * 1000000000)      /* from a request's first byte to the end of its headers */
#define LIMIT_HTTP_BODY_NS (INT64_C(60) * 1000000000)      /* from the headers to the end of the body */
#define LIMIT_HTTP_IDLE_NS (INT64_C(90) * 1000000000)      /* between two requests of a connection */
#define LIMIT_HTTP_WRITE_NS (INT64_C(30) * 1000000000)     /* output that makes no progress */
#define LIMIT_HTTP_LINGER_NS (INT64_C(2) * 1000000000)     /* reading on after a refusal, so that it arrives */
#define LIMIT_HTTP_LINGER_BYTES ((size_t)16 << 20)         /* bytes thrown away meanwhile */
#define LIMIT_HTTP_STREAM_BYTES ((size_t)4 << 20)          /* what one fill() of a stream may append */
#define LIMIT_WRITE_TRIES 16                               /* tries of a write that others keep overtaking */
#define LIMIT_WRITE_TURNS 1024                             /* locks that writers of one object take turns by */
#define LIMIT_IGNORE_FILES 1000                            /* .sourceignore files of one tree */
#define LIMIT_IGNORE_FILE ((size_t)1 << 20)                /* bytes of one .sourceignore file */
#define LIMIT_JOB_MEMORY ((size_t)256 << 20)               /* bytes of the arena of a fetch, archive or unpack job */
#define LIMIT_API_WORKERS 64                               /* threads that prepare writes and lists */
#define LIMIT_API_FLOWS 64                 /* queues of waiting requests, served in turn; a user has one by his name */
#define LIMIT_API_FLOW_QUEUE 1024          /* requests waiting in one of them; more get 429 */
#define LIMIT_API_VERSION_WAITERS 8        /* requests that may wait for a version of the future at a time */
#define LIMIT_LIST_BYTES ((size_t)1 << 30) /* one list response, bytes */
#define LIMIT_FIELD_MANAGER 128            /* bytes of a field manager's name, as kube-apiserver */
#define LIMIT_WATCH_FILL ((size_t)16384)   /* bytes of events written to a watch at a time */
#define LIMIT_METRICS ((size_t)4 << 20)    /* text of /metrics, bytes */

/* builds */
#define LIMIT_BUILD_READS 20000                   /* paths, files and listings remembered of one build */
#define LIMIT_BUILD_READ_BYTES ((size_t)16 << 20) /* of files, to find a build unchanged; beyond, it is built anew */
#define LIMIT_BUILD_KEPT ((size_t)4 << 20)        /* one remembered build: its answer and what it read, bytes */
#define LIMIT_BUILDS_KEPT ((size_t)128 << 20)     /* all of them */
#define LIMIT_BUILD_REQUEST ((size_t)4 << 20)     /* a Kustomization's spec and variables, bytes */
#define LIMIT_BUILD_MEMORY ((size_t)1 << 30)      /* what one build may use, bytes */
#define LIMIT_BUILD_SECONDS 60                    /* how long one build may take */
#define LIMIT_GRANTED_FOLDERS 100                 /* of one source that one build may see: as a SourceGrant's paths */
#define LIMIT_REMOTES 32                          /* repositories that the remote bases of one build name */
#define LIMIT_REMOTE_DEPTH 8                      /* remote bases of remote bases */
#define LIMIT_REMOTE_SECONDS 60                   /* the fetch of one remote base */
#define LIMIT_REMOTE_ALL_SECONDS 120              /* all fetches of one build */
#define LIMIT_REMOTE_BYTES ((uint64_t)256 << 20)  /* files of all repositories of one build, bytes */
#define LIMIT_INVENTORY 50000                     /* objects of one Kustomization */
#define LIMIT_READINESS_WATCHES 128               /* watches of what is waited for, in total */
#define LIMIT_READINESS_TENANT 16                 /* of one tenant */
#define LIMIT_FORGE_BODY ((size_t)512 << 20)      /* bytes of one push to the local forge */
#define LIMIT_FORGE_ANSWER ((size_t)512 << 20)    /* bytes of one clone from it */
#define LIMIT_FORGE_KEPT ((size_t)4 << 20)        /* bytes of an answer that several clients are given */
#define LIMIT_FORGE_QUEUE 64                      /* requests that wait for a forge thread */
#define LIMIT_FORGE_THREADS 4                     /* git children at once */
#define LIMIT_FORGE_SECONDS 300                   /* one request's git child may run this long */
#define LIMIT_API_CONNECTIONS 10000               /* open connections of the API server */
#define LIMIT_DISCOVERY_BYTES ((size_t)64 << 20)  /* one discovery or OpenAPI document */
#define ARENA_MAX_CONTROLLER ((size_t)256 << 20)  /* one step of a built-in controller */
#define LIMIT_RBAC_ATOMS 200000 /* combinations of group, resource, verb and name in one escalation check */
