/** A colleague's certificate file, for its digest and the person it names. */

export async function certificateOf(file: Uint8Array): Promise<{ digest: string; person?: string }> {
  const text = new TextDecoder("latin1").decode(file);
  const pem = /-----BEGIN (?:X509 )?CERTIFICATE-----([\s\S]+?)-----END/.exec(text)?.[1];
  const der = pem ? Uint8Array.from(atob(pem.replaceAll(/\s/g, "")), (byte) => byte.charCodeAt(0)) : file;
  const { describe, parseCertificate } = await import("@/crypto/x509");
  const certificate = parseCertificate(new Uint8Array(der));
  const { person } = describe(certificate);
  return { digest: certificate.digest, ...(person ? { person } : {}) };
}
