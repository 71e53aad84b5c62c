/** The few parts of node-forge that are used: ciphers that WebCrypto lacks. */
declare module "node-forge/lib/forge.js" {
  interface Buffer {
    getBytes(): string;
  }
  interface Cipher {
    start(iv: string): void;
    update(data: Buffer): void;
    finish(): boolean;
    output: Buffer;
  }
  interface BlockCipher {
    createDecryptionCipher(key: string, bits?: number): Cipher;
  }
  const forge: { aes: BlockCipher; des: BlockCipher; rc2: BlockCipher; util: { createBuffer(bytes: string): Buffer } };
  export default forge;
}
declare module "node-forge/lib/aes.js";
declare module "node-forge/lib/des.js";
declare module "node-forge/lib/rc2.js";
