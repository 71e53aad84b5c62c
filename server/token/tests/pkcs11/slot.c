/* A slot around SoftHSM, for tests: its token can be pulled out and put back, its PIN
 * locks after three wrong ones, and it can be slow. All else is SoftHSM's.
 *
 * STATE, a folder, is compiled in: `pulled` and `slow` are there or not; `left` holds how
 * many wrong PINs it still bears; `tried` gets a byte for each PIN that was sent. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef unsigned long ulong_t;
typedef ulong_t (*call_t)(ulong_t, ulong_t, ulong_t, ulong_t, ulong_t, ulong_t);

/* CK_FUNCTION_LIST of PKCS #11 2.40: a version and 68 functions, in the standard's order. */
struct list {
    unsigned char version[2];
    call_t at[68];
};
enum { SLOTS = 4, TOKEN_INFO = 6, OPEN = 12, CLOSE_ALL = 14, SESSION_INFO = 15,
       LOGIN = 18, ATTRIBUTES = 24, FIND = 26, SIGN_INIT = 42, SIGN = 43 };
enum { OK = 0, REMOVED = 0x32, PIN_INCORRECT = 0xA0, PIN_LOCKED = 0xA4, NOT_PRESENT = 0xE0 };
enum { COUNT_LOW = 0x10000, FINAL_TRY = 0x20000, LOCKED = 0x40000, ALL_OF_THEM = 0x70000 };
enum { FLAGS_AT = 96, MOST = 3 };

static struct list *soft, mine;
static ulong_t last_slot;

static int there(const char *name) {
    char path[512];
    struct stat found;
    snprintf(path, sizeof path, "%s/%s", STATE, name);
    return stat(path, &found) == 0;
}

static FILE *file(const char *name, const char *mode) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", STATE, name);
    return fopen(path, mode);
}

static int left(void) {
    int count = MOST;
    FILE *in = file("left", "r");
    if (in) {
        if (fscanf(in, "%d", &count) != 1) count = MOST;
        fclose(in);
    }
    return count;
}

static void keep_left(int count) {
    FILE *out = file("left", "w");
    if (out) {
        fprintf(out, "%d", count);
        fclose(out);
    }
}

/* Whether the token is out; its sessions have ended then. */
static int pulled(void) {
    if (!there("pulled")) return 0;
    if (last_slot) soft->at[CLOSE_ALL](last_slot, 0, 0, 0, 0, 0);
    return 1;
}

#define PASSING(name, which, when_out)                                                             \
    static ulong_t name(ulong_t a, ulong_t b, ulong_t c, ulong_t d, ulong_t e, ulong_t f) {        \
        if (pulled()) return when_out;                                                             \
        return soft->at[which](a, b, c, d, e, f);                                                  \
    }
PASSING(session_info, SESSION_INFO, REMOVED)
PASSING(attributes, ATTRIBUTES, REMOVED)
PASSING(find, FIND, REMOVED)
PASSING(sign_init, SIGN_INIT, REMOVED)

static ulong_t slots(ulong_t present, ulong_t list, ulong_t count, ulong_t d, ulong_t e, ulong_t f) {
    if (pulled()) {
        *(ulong_t *)count = 0;
        return OK;
    }
    return soft->at[SLOTS](present, list, count, d, e, f);
}

static ulong_t token_info(ulong_t slot, ulong_t info, ulong_t c, ulong_t d, ulong_t e, ulong_t f) {
    if (pulled()) return NOT_PRESENT;
    ulong_t done = soft->at[TOKEN_INFO](slot, info, c, d, e, f), *flags = (ulong_t *)(info + FLAGS_AT);
    int count = left();
    if (done != OK) return done;
    *flags &= ~(ulong_t)ALL_OF_THEM;
    if (count < MOST) *flags |= COUNT_LOW;
    if (count == 1) *flags |= FINAL_TRY;
    if (count == 0) *flags |= LOCKED;
    return OK;
}

static ulong_t open_session(ulong_t slot, ulong_t b, ulong_t c, ulong_t d, ulong_t e, ulong_t f) {
    if (pulled()) return NOT_PRESENT;
    last_slot = slot;
    return soft->at[OPEN](slot, b, c, d, e, f);
}

static ulong_t login(ulong_t a, ulong_t b, ulong_t c, ulong_t d, ulong_t e, ulong_t f) {
    if (pulled()) return REMOVED;
    FILE *tried = file("tried", "a");
    if (tried) {
        fputc('.', tried);
        fclose(tried);
    }
    if (left() == 0) return PIN_LOCKED;
    ulong_t done = soft->at[LOGIN](a, b, c, d, e, f);
    if (done == PIN_INCORRECT) keep_left(left() - 1);
    if (done == OK) keep_left(MOST);
    return done;
}

static ulong_t sign(ulong_t a, ulong_t b, ulong_t c, ulong_t d, ulong_t e, ulong_t f) {
    while (there("slow")) usleep(20000);
    if (pulled()) return REMOVED;
    return soft->at[SIGN](a, b, c, d, e, f);
}

ulong_t C_GetFunctionList(struct list **list) {
    setenv("SOFTHSM2_CONF", STATE "/softhsm2.conf", 0);
    void *library = dlopen("/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_LOCAL);
    ulong_t (*get)(struct list **) = library ? dlsym(library, "C_GetFunctionList") : NULL;
    if (!get || get(&soft) != OK) return REMOVED;
    mine = *soft;
    mine.at[SLOTS] = slots;
    mine.at[TOKEN_INFO] = token_info;
    mine.at[OPEN] = open_session;
    mine.at[SESSION_INFO] = session_info;
    mine.at[LOGIN] = login;
    mine.at[ATTRIBUTES] = attributes;
    mine.at[FIND] = find;
    mine.at[SIGN_INIT] = sign_init;
    mine.at[SIGN] = sign;
    *list = &mine;
    return OK;
}
