//! The purposes of acts in words, for the window. One that is not here is shown by
//! its name.

/// Chinese, English.
pub(crate) fn of(purpose: &str) -> (&str, &str) {
    match purpose {
        "register" => ("登记本单位", "register this organisation"),
        "submit" => ("递交投标文件", "submit a bid"),
        "withdraw" => ("撤回投标文件", "withdraw a bid"),
        "sign-in" => ("签到", "sign in to the opening"),
        "unlock" => ("解密投标文件", "unlock a bid"),
        "confirm" => ("确认开标结果", "confirm what was announced"),
        "dispute" => ("对开标结果有异议", "dispute what was announced"),
        "object" => ("提出异议", "raise an objection"),
        "complain" => ("投诉", "complain to the supervisor"),
        "certify-key" => ("签发保管公钥", "certify a custodian's key"),
        "authorise-agent" => ("授权保管人的无人值守代理", "authorise a custodian's agent"),
        "revoke-agent" => ("撤销保管人代理的授权", "revoke a custodian's agent"),
        "release" => ("释放保管份额", "release shares"),
        "rescue" => (
            "补救:交出投标人密钥的份额",
            "rescue: give a share of a bidder's secret",
        ),
        "publish" => ("发布招标公告", "publish a tender"),
        "sign-record" => ("签署开标记录", "sign the opening record"),
        "countersign" => ("会签开标记录", "countersign the opening record"),
        "erase" => ("删除个人信息", "erase details"),
        other => (other, other),
    }
}
