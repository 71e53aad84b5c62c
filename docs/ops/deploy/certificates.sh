#!/bin/sh
# Certificates for what the nodes speak with (docs/ops/deployment.md): an authority of the
# inside, and one certificate each for PostgreSQL, Redis and the S3 server. The
# authority's key is not kept: to make one of them anew, make all of them anew.
#
#   ./certificates.sh [FOLDER [BUNDLE]]
#
# BUNDLE: the public authorities that nodes shall go on believing, for relays and the like.
set -eu
folder=${1:-certificates}
bundle=${2:-/etc/ssl/certs/ca-certificates.crt}
if [ -e "$folder" ]; then
    echo "$folder is there already; nothing was made" >&2
    exit 1
fi
umask 077
mkdir "$folder"
cd "$folder"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 3650 \
    -subj '/CN=Kaibiao internal authority' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' \
    -keyout authority.key -out internal-ca.pem 2>/dev/null
for name in postgres redis s3; do
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
        -keyout "$name.key" -out "$name.csr" 2>/dev/null
    printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\nkeyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:FALSE\n' \
        "$name" >"$name.ext"
    openssl x509 -req -in "$name.csr" -CA internal-ca.pem -CAkey authority.key -CAcreateserial \
        -sha256 -days 825 -extfile "$name.ext" -out "$name.pem" 2>/dev/null
    rm "$name.csr" "$name.ext"
done
rm -f authority.key ./*.srl
cat "$bundle" internal-ca.pem >ca-bundle.pem
chmod 0644 ./*.pem
echo "$folder: internal-ca.pem ca-bundle.pem postgres redis s3"
