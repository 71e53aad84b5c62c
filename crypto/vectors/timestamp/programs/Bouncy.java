import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/** Signs a file by SM2 as BouncyCastle does, or asks it what it thinks of a signature. */
public final class Bouncy {
    public static void main(String[] asked) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        byte[] content = Files.readAllBytes(Path.of("content"));
        X509Certificate leaf;
        try (var in = new FileInputStream("leaf.cer")) {
            leaf = (X509Certificate) CertificateFactory.getInstance("X.509", "BC").generateCertificate(in);
        }
        if (asked[0].equals("sign")) {
            byte[] pkcs8 = Files.readAllBytes(Path.of("key.pk8"));
            PrivateKey key = KeyFactory.getInstance("EC", "BC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            var digests = new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
            var signer = new JcaContentSignerBuilder("SM3withSM2").setProvider("BC").build(key);
            var generator = new CMSSignedDataGenerator();
            generator.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(digests).build(signer, leaf));
            generator.addCertificates(new JcaCertStore(List.of(leaf)));
            var signed = generator.generate(new CMSProcessableByteArray(content), false);
            Files.write(Path.of("p7s"), signed.toASN1Structure().getEncoded(ASN1Encoding.DER));
        } else {
            var signed = new CMSSignedData(new CMSProcessableByteArray(content), Files.readAllBytes(Path.of("p7s")));
            SignerInformation signer = signed.getSignerInfos().getSigners().iterator().next();
            var verifier = new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(leaf);
            System.out.println(signer.verify(verifier));
        }
    }
}
