/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a command a few times and prints one line of JSON for each: {"wall_ms","user_ms","sys_ms","rss_kib","status"}.
 * usage: spawn ROUNDS OUTPUT COMMAND [ARGUMENT...]; its standard output goes to OUTPUT, which each round writes anew.
 *
 * A small program of its own, because what it costs is measured too: time runs from posix_spawn() to the end of the
 * process, and a child's ru_maxrss begins at what its parent held, which of a script interpreter is 12 MiB. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ms(struct timeval t) {
        return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static int once(const char *output, char **command) {
        posix_spawn_file_actions_t actions;
        struct rusage used;
        pid_t pid;
        int status;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        double start = now_ms();
        int failed = posix_spawnp(&pid, command[0], &actions, NULL, command, environ) != 0;
        failed = failed || wait4(pid, &status, 0, &used) != pid;
        double wall = now_ms() - start;
        posix_spawn_file_actions_destroy(&actions);
        if (failed)
                return -1;
        printf("{\"wall_ms\":%.3f,\"user_ms\":%.3f,\"sys_ms\":%.3f,\"rss_kib\":%ld,\"status\":%d}\n", wall,
               ms(used.ru_utime), ms(used.ru_stime), used.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
        return 0;
}

int main(int argc, char **argv) {
        if (argc < 4) {
                fprintf(stderr, "usage: %s ROUNDS OUTPUT COMMAND [ARGUMENT...]\n", argv[0]);
                return 2;
        }
        for (long i = strtol(argv[1], NULL, 10); i > 0; i--)
                if (once(argv[2], argv + 3) < 0) {
                        perror(argv[3]);
                        return 1;
                }
        return 0;
}
