/* A double of a maker's library of GM/T 0016: the base calls and no others. Its devices
 * are the folders in STATE, each with a signature pair (sign.pem, sign.cer) and an
 * encryption pair (encrypt.pem, encrypt.cer) of SM2 and a file `pin` ("123456 6 6": PIN,
 * most tries, tries left). Files in STATE switch it: `pulled`, `foreign` (it signs with
 * the other key), `ecb` (session keys know no CBC), `busy`, `front` (r and s at the front
 * of their fields), `wide` (numbers of 64 bits), `liar` (lengths that are too long). */
#include <openssl/evp.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/asn1t.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <unistd.h>

#ifndef STATE
#error STATE
#endif

typedef uint32_t ULONG;
typedef void *HANDLE;

enum { OK = 0, FAIL = 0x0A000001, NOTSUPPORTED = 0x0A000003, INVALIDHANDLE = 0x0A000005,
       TIMEOUT = 0x0A00000F, INDATA = 0x0A000011, CERTNOTFOUND = 0x0A00001C,
       TOOSMALL = 0x0A000020, REMOVED = 0x0A000023, PIN_INCORRECT = 0x0A000024,
       PIN_LOCKED = 0x0A000025, PIN_LEN = 0x0A000027, NOT_LOGGED_IN = 0x0A00002D,
       NO_APPLICATION = 0x0A00002E };

static int is(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", STATE, name);
    return access(path, F_OK) == 0;
}

static void put(ULONG *place, ULONG value) {
    if (is("wide")) *(uint64_t *)place = value; else *place = value;
}

struct handle { char kind; char device[128]; struct handle *application; int right; int mode;
                unsigned char key[16], iv[16]; int begun; };

static struct handle *new_handle(char kind, const char *device, struct handle *application) {
    struct handle *h = calloc(1, sizeof *h);
    h->kind = kind;
    h->application = application;
    snprintf(h->device, sizeof h->device, "%s", device);
    return h;
}
static ULONG close_handle(HANDLE handle, char kind) {
    struct handle *h = handle;
    if (!h || h->kind != kind) return INVALIDHANDLE;
    memset(h, 0, sizeof *h);
    free(h);
    return OK;
}

static FILE *file(const char *device, const char *name, const char *mode) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%s", STATE, device, name);
    return fopen(path, mode);
}

static ULONG list(const char *names, ULONG length, unsigned char *bytes, ULONG *size) {
    if (bytes) {
        if (*size < length) return TOOSMALL;
        memcpy(bytes, names, length);
    }
    put(size, bytes && is("liar") ? length + 100000 : length);
    return OK;
}

ULONG SKF_EnumDev(ULONG present, char *names, ULONG *size) {
    char all[1024];
    ULONG length = 0;
    (void)present;
    DIR *folder = opendir(STATE);
    struct dirent *entry;
    while (!is("pulled") && folder && (entry = readdir(folder)))
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            length += (ULONG)sprintf(all + length, "%s", entry->d_name) + 1;
    if (folder) closedir(folder);
    all[length++] = 0;
    return list(all, length, (unsigned char *)names, size);
}
ULONG SKF_ConnectDev(const char *name, HANDLE *handle) {
    if (is("pulled")) return REMOVED;
    if (is("busy")) return TIMEOUT;
    FILE *pin = file(name, "pin", "r");
    if (!pin) return REMOVED;
    fclose(pin);
    *handle = new_handle('d', name, 0);
    return OK;
}
ULONG SKF_DisConnectDev(HANDLE handle) { return close_handle(handle, 'd'); }

ULONG SKF_GetDevInfo(HANDLE handle, unsigned char *info) {
    struct handle *h = handle;
    if (is("pulled")) return REMOVED;
    memset(info, 0, 294);
    memcpy(info + 2, "Double", 6);
    memcpy(info + 66, "Issuer", 6);
    snprintf((char *)info + 130, 32, "%.31s", h->device);
    memcpy(info + 162, "0001", 4);
    return OK;
}
ULONG SKF_EnumApplication(HANDLE handle, char *names, ULONG *size) {
    (void)handle;
    if (is("pulled")) return REMOVED;
    return list("MAIN\0", 6, (unsigned char *)names, size);
}
ULONG SKF_OpenApplication(HANDLE handle, const char *name, HANDLE *application) {
    struct handle *h = handle;
    if (is("pulled")) return REMOVED;
    if (strcmp(name, "MAIN")) return NO_APPLICATION;
    *application = new_handle('a', h->device, 0);
    return OK;
}
ULONG SKF_CloseApplication(HANDLE handle) { return close_handle(handle, 'a'); }

static int pin(const char *device, char *right, int *most, int *left) {
    FILE *f = file(device, "pin", "r");
    int read = f ? fscanf(f, "%63s %d %d", right, most, left) : 0;
    if (f) fclose(f);
    return read == 3;
}
ULONG SKF_GetPINInfo(HANDLE handle, ULONG type, ULONG *most, ULONG *left, ULONG *initial) {
    struct handle *h = handle;
    char right[64];
    int m, l;
    if (is("pulled")) return REMOVED;
    if (type != 1 || !pin(h->device, right, &m, &l)) return FAIL;
    put(most, (ULONG)m);
    put(left, (ULONG)l);
    put(initial, 0);
    return OK;
}
ULONG SKF_VerifyPIN(HANDLE handle, ULONG type, const char *given, ULONG *left) {
    struct handle *h = handle;
    char right[64];
    int m, l;
    if (is("pulled")) return REMOVED;
    if (type != 1 || !pin(h->device, right, &m, &l)) return FAIL;
    if (strlen(given) < 6) return PIN_LEN;
    put(left, (ULONG)l);
    if (l == 0) return PIN_LOCKED;
    h->right = strcmp(given, right) == 0;
    l = h->right ? m : l - 1;
    put(left, (ULONG)l);
    FILE *f = file(h->device, "pin", "w");
    fprintf(f, "%s %d %d\n", right, m, l);
    fclose(f);
    f = file(h->device, "tried", "a");
    fputc('x', f);
    fclose(f);
    return h->right ? OK : PIN_INCORRECT;
}
ULONG SKF_EnumContainer(HANDLE handle, char *names, ULONG *size) {
    (void)handle;
    if (is("pulled")) return REMOVED;
    return list("PAIR\0", 6, (unsigned char *)names, size);
}
ULONG SKF_OpenContainer(HANDLE handle, const char *name, HANDLE *container) {
    struct handle *h = handle;
    if (is("pulled")) return REMOVED;
    if (strcmp(name, "PAIR")) return FAIL;
    *container = new_handle('c', h->device, h);
    return OK;
}
ULONG SKF_CloseContainer(HANDLE handle) { return close_handle(handle, 'c'); }

ULONG SKF_ExportCertificate(HANDLE handle, ULONG sign, unsigned char *bytes, ULONG *size) {
    struct handle *h = handle;
    unsigned char der[4096];
    if (is("pulled")) return REMOVED;
    FILE *f = file(h->device, sign ? "sign.cer" : "encrypt.cer", "rb");
    if (!f) return CERTNOTFOUND;
    ULONG length = (ULONG)fread(der, 1, sizeof der, f);
    fclose(f);
    return list((char *)der, length, bytes, size);
}

static EVP_PKEY *key(const char *device, int sign) {
    FILE *f = file(device, sign ? "sign.pem" : "encrypt.pem", "r");
    EVP_PKEY *key = f ? PEM_read_PrivateKey(f, 0, 0, 0) : 0;
    if (f) fclose(f);
    return key;
}
ULONG SKF_ECCSignData(HANDLE handle, const unsigned char *e, ULONG length, unsigned char *blob) {
    struct handle *h = handle;
    unsigned char der[80];
    size_t size = sizeof der;
    if (is("pulled")) return REMOVED;
    if (!h->application->right) return NOT_LOGGED_IN;
    if (length != 32) return INDATA;
    EVP_PKEY *k = key(h->device, !is("foreign"));
    EVP_PKEY_CTX *ctx = k ? EVP_PKEY_CTX_new(k, 0) : 0;
    int made = ctx && EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_sign(ctx, der, &size, e, 32) == 1;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(k);
    if (!made) return FAIL;
    const unsigned char *at = der;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(0, &at, (long)size);
    int from = is("front") ? 0 : 32;
    memset(blob, 0, 128);
    BN_bn2binpad(ECDSA_SIG_get0_r(sig), blob + from, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(sig), blob + 64 + from, 32);
    ECDSA_SIG_free(sig);
    return OK;
}

/* SM2Cipher of GM/T 0009 */
typedef struct { ASN1_INTEGER *x, *y; ASN1_OCTET_STRING *hash, *text; } CIPHER;
ASN1_SEQUENCE(CIPHER) = {
    ASN1_SIMPLE(CIPHER, x, ASN1_INTEGER), ASN1_SIMPLE(CIPHER, y, ASN1_INTEGER),
    ASN1_SIMPLE(CIPHER, hash, ASN1_OCTET_STRING), ASN1_SIMPLE(CIPHER, text, ASN1_OCTET_STRING)
} static_ASN1_SEQUENCE_END(CIPHER)

static ASN1_INTEGER *integer(const unsigned char *bytes) {
    BIGNUM *n = BN_bin2bn(bytes, 64, 0);
    ASN1_INTEGER *i = BN_to_ASN1_INTEGER(n, 0);
    BN_free(n);
    return i;
}
ULONG SKF_ImportSessionKey(HANDLE handle, ULONG mode, const unsigned char *blob, ULONG length, HANDLE *session) {
    struct handle *h = handle;
    ULONG text;
    if (is("pulled")) return REMOVED;
    if (!h->application->right) return NOT_LOGGED_IN;
    if (mode != 0x401 && (mode != 0x402 || is("ecb"))) return NOTSUPPORTED;
    if (length != 180) return INDATA;
    memcpy(&text, blob + 160, 4);
    if (text != 16) return INDATA;
    CIPHER c = { integer(blob), integer(blob + 64), ASN1_OCTET_STRING_new(), ASN1_OCTET_STRING_new() };
    ASN1_OCTET_STRING_set(c.hash, blob + 128, 32);
    ASN1_OCTET_STRING_set(c.text, blob + 164, 16);
    unsigned char *der = 0, plain[64];
    int size = ASN1_item_i2d((ASN1_VALUE *)&c, &der, ASN1_ITEM_rptr(CIPHER));
    size_t made = sizeof plain;
    EVP_PKEY *k = key(h->device, 0);
    EVP_PKEY_CTX *ctx = k ? EVP_PKEY_CTX_new(k, 0) : 0;
    int done = ctx && EVP_PKEY_decrypt_init(ctx) == 1 && EVP_PKEY_decrypt(ctx, plain, &made, der, (size_t)size) == 1;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(k);
    OPENSSL_free(der);
    ASN1_INTEGER_free(c.x);
    ASN1_INTEGER_free(c.y);
    ASN1_OCTET_STRING_free(c.hash);
    ASN1_OCTET_STRING_free(c.text);
    if (!done || made != 16) return INDATA;
    struct handle *s = new_handle('k', h->device, h->application);
    s->mode = (int)mode;
    memcpy(s->key, plain, 16);
    *session = s;
    return OK;
}

typedef struct { unsigned char iv[32]; ULONG iv_length, padding, feed; } BLOCKCIPHERPARAM;
ULONG SKF_DecryptInit(HANDLE handle, BLOCKCIPHERPARAM parameters) {
    struct handle *h = handle;
    if (is("pulled")) return REMOVED;
    if (parameters.padding != 0 || parameters.iv_length != (h->mode == 0x402 ? 16u : 0u)) return INDATA;
    memcpy(h->iv, parameters.iv, 16);
    h->begun = 1;
    return OK;
}
ULONG SKF_Decrypt(HANDLE handle, const unsigned char *in, ULONG length, unsigned char *out, ULONG *size) {
    struct handle *h = handle;
    int made = 0;
    if (is("pulled")) return REMOVED;
    if (!h->begun || *size < length) return FAIL;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    EVP_DecryptInit_ex(ctx, h->mode == 0x402 ? EVP_sm4_cbc() : EVP_sm4_ecb(), 0, h->key, h->iv);
    EVP_CIPHER_CTX_set_padding(ctx, 0);
    EVP_DecryptUpdate(ctx, out, &made, in, (int)length);
    EVP_CIPHER_CTX_free(ctx);
    put(size, (ULONG)made);
    return OK;
}
ULONG SKF_CloseHandle(HANDLE handle) { return close_handle(handle, 'k'); }
