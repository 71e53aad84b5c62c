#!/usr/bin/env bash
# The key files of files.json that are other programs' own work: keytool of a JDK,
# pk12util of NSS (Firefox) and BouncyCastle. Each program draws its own keys, anew
# each time, and asks for a certificate; the authority is openssl's: a root and one
# below it.
#
#   make.sh FOLDER    needs openssl 3, a JDK, libnss3-tools, libbcprov-java and libbcpkix-java
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1"
passphrase='correct horse'
chinese='口令一二三四'
subject='/C=CN/O=甲建设工程有限公司/CN=张三/organizationIdentifier=91350100M000100Y43'
days=20000

certify() { # NAME USES: NAME.csr becomes NAME.pem; the subject is the authority's word
    printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,%s\n' "$2" >"$1.ext"
    openssl req -in "$1.csr" -noout -pubkey >"$1.pub"
    openssl x509 -new -subj "$subject" -force_pubkey "$1.pub" -CA between.pem -CAkey between.key -days $days -extfile "$1.ext" -out "$1.pem"
}
exec 2>log.txt
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout root.key -out root.pem -subj /CN=root -days $days \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout between.key -out between.csr -subj /CN=between
openssl x509 -req -in between.csr -CA root.pem -CAkey root.key -CAcreateserial -days $days -out between.pem \
    -extfile <(printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n')

rsa=digitalSignature,keyEncipherment
ec=digitalSignature,keyAgreement

keytool() { # FILE ALIAS USES GENKEYPAIR-OPTIONS...
    local file=$1 alias=$2 uses=$3 name=$1-$2 && shift 3
    local at=(-keystore "$file.p12" -storepass "$passphrase" -alias "$alias")
    command keytool -genkeypair "${at[@]}" -dname CN=own "$@"
    command keytool -certreq "${at[@]}" -file "$name.csr"
    certify "$name" "$uses"
    cat "$name.pem" between.pem root.pem >"$name.chain"
    command keytool -importcert -noprompt "${at[@]}" -file "$name.chain"
}
# A passphrase in Chinese keytool does not take ("Password is not ASCII").
keytool keytool-rsa own $rsa -keyalg RSA -keysize 2048
keytool keytool-ec own $ec -keyalg EC -groupname secp256r1
keytool keytool-pair encryption keyEncipherment -keyalg RSA -keysize 2048
keytool keytool-pair signature digitalSignature -keyalg EC -groupname secp256r1
command keytool -importcert -noprompt -keystore keytool-pair.p12 -storepass "$passphrase" -alias root -file root.pem
export JAVA_TOOL_OPTIONS=-Dkeystore.pkcs12.legacy
keytool keytool-rsa-old own $rsa -keyalg RSA -keysize 2048
unset JAVA_TOOL_OPTIONS

nss() { # DATABASE
    mkdir "$1"
    certutil -N -d "sql:$PWD/$1" --empty-password
    certutil -A -d "sql:$PWD/$1" -n root -t CT,, -i root.pem
    certutil -A -d "sql:$PWD/$1" -n between -t ,, -i between.pem
}
request_nss() { # DATABASE NAME USES CERTUTIL-OPTIONS...
    local db=(-d "sql:$PWD/$1") name=$2 uses=$3 && shift 3
    head -c 64 /dev/urandom >noise
    certutil -R "${db[@]}" -s CN=own -a -o "$name.csr" -z noise "$@"
    certify "$name" "$uses"
    certutil -A "${db[@]}" -n own -t ,, -i "$name.pem"
}
export_nss() { # DATABASE FILE PASSPHRASE PK12UTIL-OPTIONS...
    local db=$1 file=$2 word=$3 && shift 3
    pk12util -o "$file.p12" -n own -d "sql:$PWD/$db" -K '' -W "$word" "$@"
}
for db in rsa.nss ec.nss pair.nss; do nss $db; done
request_nss rsa.nss nss-rsa $rsa -k rsa -g 2048
request_nss ec.nss nss-ec $ec -k ec -q nistp256
# Certificates of one subject have one nickname, and go into one file.
request_nss pair.nss nss-encryption keyAgreement -k ec -q nistp256
request_nss pair.nss nss-signature digitalSignature -k rsa -g 2048
old=(-c 'PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC' -C 'PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC' -M SHA-1)
export_nss rsa.nss nss-rsa "$passphrase"
export_nss ec.nss nss-ec "$passphrase"
export_nss ec.nss nss-ec-zh "$chinese"
export_nss pair.nss nss-pair "$passphrase"
export_nss rsa.nss nss-rsa-old "$passphrase" "${old[@]}"
export_nss ec.nss nss-ec-old-zh "$chinese" "${old[@]}"

jars=/usr/share/java/bcprov.jar:/usr/share/java/bcpkix.jar:/usr/share/java/bcutil.jar
bouncy() { java -cp $jars "$here/Bouncy.java" "$@"; }
bouncy request rsa bc-rsa
certify bc-rsa $rsa
bouncy request ec bc-ec
certify bc-ec $ec
bouncy write bc-rsa "$passphrase" PKCS12 ''
bouncy write bc-rsa "$chinese" builder -aes-zh
bouncy write bc-ec "$passphrase" PKCS12 '' PKCS12-3DES-3DES -3des builder -aes
bouncy write bc-ec "$chinese" PKCS12 -zh
