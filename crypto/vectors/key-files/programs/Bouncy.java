import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.DERBMPString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.OutputEncryptor;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS12PfxPduBuilder;
import org.bouncycastle.pkcs.PKCS12SafeBag;
import org.bouncycastle.pkcs.PKCS12SafeBagBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS12SafeBagBuilder;
import org.bouncycastle.pkcs.jcajce.JcePKCS12MacCalculatorBuilder;
import org.bouncycastle.pkcs.jcajce.JcePKCSPBEOutputEncryptorBuilder;

/** Key files by BouncyCastle: its key stores, and bcpkix's builder of PKCS #12. */
public class Bouncy {
    public static void main(String[] args) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        if (args[0].equals("request")) request(args[1].equals("rsa"), args[2]);
        else for (int at = 3; at < args.length; at += 2) write(args[1], args[2].toCharArray(), args[at], args[at + 1]);
    }

    static void request(boolean rsa, String name) throws Exception {
        KeyPairGenerator drawing = KeyPairGenerator.getInstance(rsa ? "RSA" : "EC", "BC");
        if (rsa) drawing.initialize(2048);
        else drawing.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = drawing.generateKeyPair();
        Files.write(Path.of(name + ".pk8"), pair.getPrivate().getEncoded());
        byte[] request = new JcaPKCS10CertificationRequestBuilder(new X500Principal("CN=own"), pair.getPublic())
            .build(new JcaContentSignerBuilder(rsa ? "SHA256withRSA" : "SHA256withECDSA").setProvider("BC").build(pair.getPrivate()))
            .getEncoded();
        String pem = Base64.getMimeEncoder().encodeToString(request);
        Files.writeString(Path.of(name + ".csr"), "-----BEGIN CERTIFICATE REQUEST-----\n" + pem + "\n-----END CERTIFICATE REQUEST-----\n");
    }

    static void write(String name, char[] passphrase, String type, String suffix) throws Exception {
        boolean rsa = name.contains("rsa");
        PrivateKey key = KeyFactory.getInstance(rsa ? "RSA" : "EC", "BC")
            .generatePrivate(new PKCS8EncodedKeySpec(Files.readAllBytes(Path.of(name + ".pk8"))));
        Certificate[] chain = new Certificate[3];
        String[] files = {name, "between", "root"};
        for (int at = 0; at < 3; at++) {
            try (InputStream file = Files.newInputStream(Path.of(files[at] + ".pem"))) {
                chain[at] = CertificateFactory.getInstance("X.509", "BC").generateCertificate(file);
            }
        }
        byte[] file = type.equals("builder") ? built(key, chain, passphrase) : stored(key, chain, passphrase, type);
        Files.write(Path.of(name + suffix + ".p12"), file);
    }

    /** A key store of the provider, which writes BER; its name says the ciphers. */
    static byte[] stored(PrivateKey key, Certificate[] chain, char[] passphrase, String type) throws Exception {
        KeyStore store = KeyStore.getInstance(type, "BC");
        store.load(null, null);
        store.setKeyEntry("own", key, passphrase, chain);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        store.store(file, passphrase);
        return file.toByteArray();
    }

    /** By bcpkix, under PBES2 with AES-256, as its examples do. */
    static byte[] built(PrivateKey key, Certificate[] chain, char[] passphrase) throws Exception {
        OutputEncryptor cipher = new JcePKCSPBEOutputEncryptorBuilder(NISTObjectIdentifiers.id_aes256_CBC).setProvider("BC").build(passphrase);
        DEROctetString id = new DEROctetString(new byte[] {1});
        PKCS12SafeBag[] bags = new PKCS12SafeBag[chain.length];
        for (int at = 0; at < chain.length; at++) {
            PKCS12SafeBagBuilder bag = new JcaPKCS12SafeBagBuilder((X509Certificate) chain[at]);
            if (at == 0) bag.addBagAttribute(PKCSObjectIdentifiers.pkcs_9_at_localKeyId, id);
            bags[at] = bag.build();
        }
        PKCS12SafeBagBuilder own = new JcaPKCS12SafeBagBuilder(key, cipher);
        own.addBagAttribute(PKCSObjectIdentifiers.pkcs_9_at_friendlyName, new DERBMPString("own"));
        own.addBagAttribute(PKCSObjectIdentifiers.pkcs_9_at_localKeyId, id);
        return new PKCS12PfxPduBuilder()
            .addEncryptedData(cipher, bags)
            .addData(own.build())
            .build(new JcePKCS12MacCalculatorBuilder(NISTObjectIdentifiers.id_sha256).setProvider("BC"), passphrase)
            .getEncoded();
    }
}
