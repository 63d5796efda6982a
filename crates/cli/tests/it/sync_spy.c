/* Replaces the service's writes and syncs: waits for the test before each sync of the store, and simulates a full disk. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

static int is_store(int fd) {
    const char *store = getenv("SYNC_SPY_STORE");
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (store == NULL || length < 0) return 0;
    path[length] = 0;
    return strncmp(path, store, strlen(store)) == 0;
}

static int exists(const char *variable) {
    const char *path = getenv(variable);
    return path != NULL && access(path, F_OK) == 0;
}

/* Connects to the test before a sync and waits for one byte. Does nothing without a test. */
static void wait_for_test(void) {
    const char *path = getenv("SYNC_SPY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = path == NULL ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
        char byte;
        while (syscall(SYS_read, fd, &byte, 1) < 0 && errno == EINTR) {}
    }
    close(fd);
}

static int spied_sync(int fd, long number) {
    if (is_store(fd)) {
        if (exists("SYNC_SPY_FULL_SYNCS")) {
            errno = ENOSPC;
            return -1;
        }
        wait_for_test();
    }
    return (int)syscall(number, fd);
}

int fsync(int fd) { return spied_sync(fd, SYS_fsync); }
int fdatasync(int fd) { return spied_sync(fd, SYS_fdatasync); }

static int full(int fd) {
    if (!exists("SYNC_SPY_FULL_WRITES") || !is_store(fd)) return 0;
    errno = ENOSPC;
    return 1;
}

ssize_t write(int fd, const void *data, size_t size) {
    return full(fd) ? -1 : syscall(SYS_write, fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    return full(fd) ? -1 : syscall(SYS_pwrite64, fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    return full(fd) ? -1 : syscall(SYS_pwrite64, fd, data, size, offset);
}
