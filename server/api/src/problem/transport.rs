//! What can go wrong before the rules are asked: transport, login, signatures,
//! certificates, uploads, the store.

use std::collections::BTreeMap;
use std::fmt;

use super::{Problem, Text};

macro_rules! transport {
    ($($name:ident = $code:literal, $status:literal,
        $title_zh:literal, $title_en:literal, $zh:literal, $en:literal;)*) => {
        /// What can be wrong before the rules are asked.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Transport { $(#[doc = $title_en] $name,)* }

        impl Transport {
            /// The closed list.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The error with its texts.
            pub fn problem(self) -> Problem {
                match self {
                    $(Self::$name => Problem {
                        code: $code,
                        status: $status,
                        title: Text { zh: $title_zh, en: $title_en },
                        detail: Text { zh: $zh, en: $en },
                        params: BTreeMap::new(),
                        retry_after: None,
                    },)*
                }
            }
        }
    };
}

transport! {
    NotFound = "not-found", 404, "没有找到", "Not found",
        "没有这个地址或对象，或者您无权看到它。请核对地址；需要权限时请先登录。",
        "There is no such address or object, or you may not see it. Check the address; log in first if it needs a right.";
    MethodNotAllowed = "method-not-allowed", 405, "方法不允许", "Method not allowed",
        "这个地址不接受该请求方法。请查阅 /docs。",
        "This address does not take that method. See /docs.";
    Malformed = "malformed", 400, "请求格式错误", "Malformed request",
        "请求无法读取：{reason}。请按接口说明 /docs 修正后重新发送。",
        "The request cannot be read: {reason}. Correct it by the description at /docs and send it again.";
    MediaType = "media-type", 415, "内容类型不支持", "Unsupported media type",
        "请以 {expected} 类型发送。",
        "Send it as {expected}.";
    TooLarge = "too-large", 413, "请求过大", "Request too large",
        "请求超过 {limit} 字节的上限，没有被处理。投标文件请经断点续传上传。",
        "The request is over the limit of {limit} bytes and was not processed. Bids go through the resumable upload.";
    VersionsTooLarge = "versions-too-large", 413, "版本总量过大", "Versions too large",
        "您在本标段已递交的各版本与本版本合计超过 {limit} 字节的上限，本版本没有被接收；最后一个已接收的版本仍然有效。请压缩文件后重新加密递交，或联系交易中心。",
        "The versions of your bid in this lot would be over {limit} bytes together, so this one was not taken; the last one taken stands. Make the documents smaller and seal them again, or call the centre.";
    BidsTooLarge = "bids-too-large", 413, "投标总量过大", "Bids too large",
        "您在本项目各标段已递交的全部版本与本版本合计超过 {limit} 字节的上限，本版本没有被接收；各标段最后一个已接收的版本仍然有效。请压缩文件后重新加密递交，或联系交易中心。",
        "Your bids in all lots of this project, with their versions, would be over {limit} bytes together, so this one was not taken; the last one taken in each lot stands. Make the documents smaller and seal them again, or call the centre.";
    TooMany = "too-many-requests", 429, "请求过于频繁", "Too many requests",
        "请求过于频繁。请在 {seconds} 秒后重试，已提交的内容不受影响。",
        "Too many requests. Try again in {seconds} seconds; what was submitted is not affected.";
    TimedOut = "request-timeout", 408, "请求超时", "Request timed out",
        "请求没有在规定时间内发送完。请检查网络后重试。",
        "The request did not arrive in time. Check the network and try again.";
    NotLoggedIn = "not-logged-in", 401, "尚未登录", "Not logged in",
        "此操作需要登录。请用数字证书登录后重试；登录可能已经过期。",
        "This needs a login. Log in with your certificate and try again; the session may have expired.";
    NotAllowed = "not-allowed", 403, "无权操作", "Not allowed",
        "您的角色不能进行此操作（需要：{roles}）。如角色有误，请联系交易中心管理员。",
        "Your role may not do this (needed: {roles}). If the role is wrong, ask the centre's administrator.";
    ForeignOrigin = "foreign-origin", 403, "来源不符", "Foreign origin",
        "请求来自其他网站的页面，已拒绝。请从本平台的页面操作。",
        "The request came from another site's page and was refused. Use this platform's own pages.";
    ChallengeUnknown = "challenge-unknown", 401, "登录挑战无效", "Challenge not valid",
        "登录挑战不存在、已使用或已过期。请重新获取后签名。",
        "The challenge is unknown, used or expired. Get a new one and sign it.";
    LoginElsewhere = "login-elsewhere", 403, "登录地址不符", "Login for another address",
        "登录签名是在 {address} 作出的，这不是本平台的地址，已拒绝；可能有人在转发您的登录。请直接打开平台公布的地址再登录。若此地址无误，请运维人员在配置 public_url 或 tls.names 中写明它。",
        "The login was signed at {address}, which is no address of this platform, and was refused; somebody may be passing logins on. Open the platform's published address and log in there. If the address is right, its operator names it in the configuration, public_url or tls.names.";
    ChannelOff = "channel-off", 422, "没有开通这种提醒", "Not offered here",
        "本平台没有开通这种提醒方式。请清除该地址后保存，或联系交易中心。",
        "This platform reaches nobody that way. Clear the address and save again, or ask the centre.";
    AddressWrong = "address-wrong", 422, "地址不能使用", "Not an address",
        "“{address}”不是可用的邮箱地址或手机号码。请核对后重新填写。",
        "\"{address}\" is no mail address or telephone number that can be used. Check it and enter it again.";
    CodeWrong = "code-wrong", 422, "验证码不正确", "Wrong code",
        "验证码不正确、已过期或已用完次数。请核对收到的最后一个验证码；过期后请重新获取。",
        "The code is wrong, too old, or was tried too often. Check the last one that came; have a new one sent when it is too old.";
    FollowsFull = "follows-full", 422, "关注的项目过多", "Too many projects followed",
        "最多关注 {limit} 个项目。请先取消关注已结束的项目。",
        "At most {limit} projects can be followed. Stop following those that are over.";
    AgentOnly = "agent-only", 403, "代理不能进行此操作", "Not for an agent",
        "这是解密保管人的代理以常设授权登录的会话，只能查看所保管的项目、签发密钥、解密和补救解密。请由本单位人员用数字证书登录后操作。",
        "This session is a custodian's agent's, by a standing authorisation: it reads the projects that it keeps keys of, certifies keys, releases and rescues. Let a person log in with a certificate for this.";
    WrongAct = "wrong-act", 422, "签名用途不符", "Wrong act",
        "此处要求的行为是“{expected}”，收到的是“{found}”。请重新签名。",
        "The act wanted here is \"{expected}\", the one sent is \"{found}\". Sign again.";
    NotCanonical = "not-canonical", 422, "不是规范 JSON", "Not canonical JSON",
        "行为正文不是规范 JSON（RFC 8785），或含有未知、重复的字段：{reason}。请用客户端重新生成。",
        "The act's body is not canonical JSON (RFC 8785), or has unknown or duplicate fields: {reason}. Make it again with the client.";
    SignatureMissing = "signature-missing", 422, "缺少签名", "Signature missing",
        "此行为必须用数字证书签名。请签名后重新发送。",
        "This act must be signed with a certificate. Sign it and send it again.";
    SignatureWrong = "signature-wrong", 422, "签名无效", "Signature not valid",
        "签名与内容、用途、平台或项目不符：{reason}。请重新签名；不要改动已签名的内容。",
        "The signature does not fit content, purpose, platform or project: {reason}. Sign again; do not change what was signed.";
    CmsWrong = "cms-wrong", 422, "标准签名文件不成立", "Detached signature not valid",
        "随签署附送的标准签名文件（p7s）不是对本记录、由本证书作出的签名：{reason}。没有签署；请重新读取记录后再签，或升级客户端。",
        "The detached signature (p7s) that came with the act is not one over this record by this certificate: {reason}. Nothing was signed; read the record again and sign anew, or update the client.";
    SignerDiffers = "signer-differs", 403, "签名人与登录人不一致", "Signer differs from login",
        "签名证书所属单位与当前登录的单位不一致。请用签名证书登录。",
        "The signing certificate belongs to another organisation than the one logged in. Log in with the signing certificate.";
    CertificateMalformed = "certificate-malformed", 422, "证书无法读取", "Certificate unreadable",
        "证书或证书链无法读取。请检查是否选错文件。",
        "The certificate or its chain cannot be read. Check that it is the right file.";
    CertificateExpired = "certificate-expired", 422, "证书已过期", "Certificate expired",
        "证书已过有效期。请向 CA 机构续期后重试。",
        "The certificate has expired. Renew it with its CA and try again.";
    CertificateNotYetValid = "certificate-not-yet-valid", 422, "证书尚未生效", "Certificate not yet valid",
        "证书的有效期还没有开始。请检查证书，并核对本机时间。",
        "The certificate's validity has not begun. Check the certificate and this machine's clock.";
    CertificateRevoked = "certificate-revoked", 422, "证书已吊销", "Certificate revoked",
        "证书已被签发机构吊销。请使用有效的证书，或联系 CA 机构。",
        "The certificate was revoked by its issuer. Use a valid one, or ask the CA.";
    CertificateUnknownIssuer = "certificate-unknown-issuer", 422, "证书不受信任", "Certificate not trusted",
        "证书不是由本平台接受的机构签发。请使用平台公布的 CA 机构的证书。",
        "The certificate was not issued by an authority that this platform accepts. Use one of the published CAs.";
    CertificateWrongUsage = "certificate-wrong-usage", 422, "证书用途不符", "Wrong key usage",
        "此证书不能用于此处（签名或加密）。双证书用户请选择对应用途的那一张。",
        "This certificate may not be used for this (signing or encryption). With a pair of certificates, choose the one for that use.";
    CertificateWeakKey = "certificate-weak-key", 422, "证书密钥不支持", "Key not accepted",
        "证书的密钥强度不足或算法不受支持（支持 RSA 2048/3072/4096、P-256 与 SM2）。请换用合格的证书。",
        "The certificate's key is too weak or of a kind not accepted (RSA 2048/3072/4096, P-256 and SM2 are). Use another certificate.";
    CertificateNoOrganisation = "certificate-no-organisation", 422, "证书中没有单位代码", "No organisation in certificate",
        "证书中没有按规则找到统一社会信用代码。请使用单位证书。",
        "The certificate has no unified social credit code where the CA's rule expects it. Use an organisation's certificate.";
    CertificateBadOrganisationCode = "certificate-bad-organisation-code", 422, "单位代码有误", "Bad organisation code",
        "证书中的统一社会信用代码不成立：校验位不对，或不是登记管理部门赋予的代码。请联系 CA 机构更正。",
        "The unified social credit code in the certificate is none: its check character is wrong, or no authority registers such a body. Ask the CA to correct it.";
    CertificateTwoOrganisations = "certificate-two-organisations", 422, "证书中有两个单位代码", "Two organisations in certificate",
        "证书中有两个不同的统一社会信用代码，无法确定所属单位。请联系 CA 机构更正。",
        "The certificate names two different unified social credit codes, so nobody can say whose it is. Ask the CA to correct it.";
    CertificateDifferentOrganisations = "certificate-different-organisations", 422, "两张证书单位不同", "Different organisations",
        "签名证书与加密证书不属于同一单位。请使用同一单位的证书。",
        "The signing and the encryption certificate belong to different organisations. Use certificates of one.";
    CertificateCrlMissing = "certificate-crl-missing", 503, "缺少吊销列表", "Revocation list missing",
        "平台缺少该证书的吊销列表，暂不能核验。请稍后重试，并通知交易中心。",
        "The platform has no revocation list for the certificate and cannot judge it. Try again later and tell the centre.";
    CertificateCrlStale = "certificate-crl-stale", 503, "吊销列表已过期", "Revocation list out of date",
        "平台的吊销列表已过期，暂不能核验证书。请稍后重试，并通知交易中心。",
        "The platform's revocation list is out of date, so the certificate cannot be judged. Try again later and tell the centre.";
    CertificateCrlBroken = "certificate-crl-broken", 503, "吊销列表无效", "Revocation list broken",
        "平台的吊销列表无效，暂不能核验证书。请稍后重试，并通知交易中心。",
        "The platform's revocation list cannot be relied on. Try again later and tell the centre.";
    CertificateChain = "certificate-chain", 422, "证书链不合格", "Chain not acceptable",
        "证书链不符合要求：{reason}。请联系 CA 机构。",
        "The certificate's chain is not acceptable: {reason}. Ask the CA.";
    SecretMalformed = "secret-malformed", 422, "密钥材料格式错误", "Malformed secret",
        "随行为附送的密钥材料数量或格式不对。请用客户端重新生成。",
        "The secrets sent with the act have the wrong number or form. Make the act again with the client.";
    KeyMalformed = "key-malformed", 422, "公钥格式错误", "Malformed key",
        "字段 {field} 不是可用的公钥。请用 custodian key 重新生成。",
        "The field {field} is not a usable public key. Make it again with `custodian key`.";
    WrongPlace = "wrong-place", 422, "提交地址不对", "Wrong place",
        "此行为不在这里提交。请提交到 {place}。",
        "This act is not sent here. Send it to {place}.";
    UnknownAct = "unknown-act", 422, "未知行为", "Unknown act",
        "平台不认识行为“{act}”。请升级客户端。",
        "The platform does not know the act \"{act}\". Update the client.";
    DiskFull = "storage-full", 507, "存储空间不足", "Storage full",
        "平台存储空间不足，本次请求没有改变任何内容。请稍后重试，并通知交易中心。",
        "The platform is out of storage; nothing was changed. Try again later and tell the centre.";
    StorageFault = "storage-fault", 503, "存储设备故障", "Storage fault",
        "平台的存储设备没有正常应答。请稍后重试，重复同一请求是安全的；如持续出现，请通知交易中心。",
        "The platform's storage did not answer as it should. Try again a little later, repeating the request is safe; if it persists, tell the centre.";
    SigningUnavailable = "signing-unavailable", 503, "签名设备暂时不可用", "Not signed for now",
        "平台存放签名密钥的设备暂时没有应答，回执或声明没有签出；已受理的内容不受影响。请稍后重试，重复同一请求是安全的，也可稍后查询回执；如持续出现，请通知交易中心。",
        "The device that holds the platform's signing key does not answer now, so a receipt or statement was not signed; what was taken stands. Try again a little later: repeating the request is safe, and the receipt can be asked for. If it persists, tell the centre.";
    ProjectDamaged = "project-damaged", 503, "项目数据损坏", "Project damaged",
        "平台保存的本项目（{project}）数据已损坏，项目停在原处，其他项目不受影响。请立即通知交易中心和监督机构，并保存好您的回执。",
        "What the platform holds of this project ({project}) is damaged. It stands still; other projects go on. Tell the centre and the supervisor at once, and keep your receipts.";
    BidWithdrawn = "bid-withdrawn", 409, "投标已撤回", "Bid withdrawn",
        "这份投标文件曾被接收，之后已由本单位撤回，现在不计入投标；回执只证明当时收到。如仍要投标，请重新加密生成新文件后递交。",
        "This bid was received and has been withdrawn since: it does not count, and its receipt proves only that it was received. To bid all the same, seal a new file and submit it.";
    BidSuperseded = "bid-superseded", 409, "投标已被新版本取代", "Bid superseded",
        "这份投标文件曾被接收，之后已被本单位后来的递交取代，现在不计入投标。请在投标列表中查看有效的版本；要改用这份内容，请重新加密后递交。",
        "This bid was received, and a later submission of your organisation has taken its place: it does not count. See the list of your bids for the one that does; to go back to this content, seal it anew and submit.";
    BidStale = "bid-stale", 409, "投标已因条款变更失效", "Bid stale",
        "这份投标文件曾被接收，之后密封条款已变更，现在不计入投标。请按最新条款重新加密并递交。",
        "This bid was received, and the sealing terms have changed since: it does not count. Seal again under the latest terms and submit.";
    BidRefused = "bid-refused", 409, "投标已被拒收", "Bid refused by the host",
        "这份投标文件曾被接收，之后被招标人拒收，不参加开标。请在开标现场查看理由；如有疑义，请向招标人提出异议或联系监督部门。",
        "This bid was received and has been refused by the host since: it will not be opened. Read the reason in the hall; if you disagree, object to the host or turn to the supervisor.";
    UploadUnderWay = "upload-under-way", 409, "正在另一次递交中上传", "Upload under way",
        "这份投标文件正由本单位以另一份签名行为上传（{upload}）。请在开始上传的那台电脑上继续；要重新开始，请先放弃原上传（DELETE 该地址）再递交。",
        "Your organisation is uploading this bid under another signed act ({upload}). Go on where it was begun; to begin anew, give that upload up first (DELETE its address).";
    UploadGone = "upload-gone", 404, "上传不存在", "No such upload",
        "上传不存在、已结束或已过期。如未收到回执，请重新递交投标文件。",
        "The upload is unknown, over or expired. If you have no receipt, submit the bid again.";
    UploadOffset = "upload-offset", 409, "上传位置不符", "Wrong upload offset",
        "平台已收到 {offset} 字节，请从该位置继续上传。",
        "The platform has {offset} bytes. Continue from there.";
    UploadChecksum = "upload-checksum", 460, "校验和不符", "Checksum mismatch",
        "收到的内容与校验和不符，可能在传输中损坏，未被保存。请从原位置重新发送。",
        "What arrived does not match its checksum and was not kept; it may have been damaged on the way. Send it again from the same offset.";
    TusVersion = "tus-version", 412, "上传协议版本不符", "Wrong tus version",
        "上传请使用 tus {version} 协议（请求头 Tus-Resumable）。",
        "Uploads speak tus {version} (header Tus-Resumable).";
    BundleWaits = "bundle-waits", 409, "证据包尚未形成", "No bundle yet",
        "本项目的开标证据包尚未形成：须待全部标段结束、开标记录生成，并由公共日志及其见证方确认。标段刚刚结束的，请一两分钟后再试；仍在开标的，请在结束后再来。",
        "There is no bundle of this project yet: all lots must have ended, their records be made, and the public log and its witnesses confirm it. If they ended just now, try again in a minute or two; if the opening goes on, come back after its end.";
    RangeNotSatisfiable = "range-not-satisfiable", 416, "范围无效", "Range not satisfiable",
        "请求的字节范围超出文件长度（{size} 字节）。",
        "The range asked for lies outside the file's {size} bytes.";
    Busy = "busy", 423, "正在被占用", "Busy",
        "另一个请求正在写入同一上传。请稍后继续。",
        "Another request is writing to this upload. Continue a little later.";
    Unavailable = "unavailable", 503, "暂时不可用", "Unavailable",
        "平台正在启动、停止或暂时不可用。请在几秒后重试。",
        "The platform is starting, stopping or unavailable for now. Try again in a few seconds.";
    Internal = "internal", 500, "平台内部错误", "Internal error",
        "平台内部错误，已记录。请稍后重试；如持续出现，请将请求编号告知交易中心。",
        "An error inside the platform; it was recorded. Try again later; if it persists, tell the centre the request's id.";
}

impl Transport {
    /// The error with one parameter.
    pub fn with(self, name: &str, value: impl fmt::Display) -> Problem {
        self.problem().param(name, value)
    }
}

impl From<Transport> for Problem {
    fn from(code: Transport) -> Self {
        code.problem()
    }
}
