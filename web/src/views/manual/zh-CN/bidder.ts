import type { Chapter } from "../chapter";

export default {
  lead: "从登录到签署开标记录，投标人在浏览器里办完全部事项，不用到现场。投标文件在您自己的电脑上加密，平台只收密文，打不开；开标时由您用自己的证书解密。",
  sections: [
    {
      id: "need",
      title: "准备什么",
      parts: [
        {
          list: [
            "本单位的数字证书文件（.p12、.pfx 或 PEM）和口令。双证书要签名、加密两个文件。证书在 U 盾（USB Key）里的，登录时点 [[token.instead]]。",
            "公告注明国密算法的项目，须用 SM2 证书；只有 SM2 证书的，也能投其他项目，另备一个密钥文件（.kkey）解密。",
            "CA 机构的根证书文件（.pem 或 .cer），从 CA 机构官网取得。证书文件里已附带的，不必另取。",
            "一台装有新版 Chrome、Edge、Firefox 或 Safari 的电脑，系统时间设为自动。手机可以签到、解密、确认，制作投标文件请用电脑。",
            "另存投标文件和备用钥匙的地方，例如 U 盘。",
          ],
        },
        "用当天要用的电脑和证书，提前做一次[环境检测](/check)：点 [[public.check.run]]，逐项看结果。登录后再做，还会检测证书和加密、解密。",
      ],
    },
    {
      id: "log-in",
      title: "登录和登记",
      parts: [
        {
          steps: [
            "点右上角 [[common.login]]，再点 [[login.choose]]，输入证书口令，点 [[login.submit]]。私钥不会离开这台电脑。",
            "第一次登录会显示证书中的单位名称和统一社会信用代码。核对无误，点 [[login.register]]。每个单位只需登记一次，换了证书也不用重来。",
            "点右上角自己的姓名，可看证书、结束其他电脑上的登录、设置邮件或短信提醒（平台开通了的）。",
          ],
        },
        { picture: "login", shows: "选择证书文件，输入口令" },
        "15 分钟没有操作，密钥会自动锁定；在开标厅里是 60 分钟。锁定后办事时再输一次口令即可，填写的内容不会丢。",
        "公用电脑用完请点 [[common.logoutClear]]。草稿和尚未另存的 .kbid 文件会一并删除，已递交的投标不受影响。",
      ],
    },
    {
      id: "find",
      title: "找到项目",
      parts: [
        {
          steps: [
            "在[开标大厅](/)按项目名称、招标编号或招标人查找，打开公告。招标文件在公告页下载；谁下载过，平台不记录。",
            "平台开通了提醒的，点 [[alerts.follow]]，有澄清、延期、条款变更时收到提醒。关注与是否投标无关。",
            "有新的澄清或变更，打开 [[common.bidder]] 时会先列出。读完点 [[bidder.changes.acknowledge]]。",
          ],
        },
      ],
    },
    {
      id: "prepare",
      title: "制作投标文件",
      parts: [
        "在公告页或 [[common.bidder]] 中选好标段，点 [[bidder.lot.next.prepare]]。共六步，随时可以回到前面；填写的内容加密存在本机，只有您的证书能读。",
        {
          steps: [
            "[[tool.step.terms]]：点 [[tool.roots.add]] 选根证书，等待显示“[[tool.terms.good]]”。看清谁是解密保管人，核对招标人的统一社会信用代码。",
            "[[tool.step.sheet]]：按表填写。报价下方有大写金额，请对照；高于最高投标限价会提示。标“[[tool.sheet.public]]”的内容唱标时向所有人公布。",
            "[[tool.step.documents]]：选文件，或把文件夹拖进来。文件名和顺序会原样进入投标文件。",
            "[[tool.step.spares]]：建议至少加一把。点 [[tool.spares.new]] 生成 .kkey 文件，或添加本单位另一张证书。本标段允许补救解密的，在这里决定是否采用。",
            "[[tool.step.seal]]：最后核对，点 [[tool.seal.start]]。完成后点 [[bidder.submit.save]]，另存一份在别处。",
            "[[tool.step.submit]]：见“[递交，取得回执](#submit)”。",
          ],
        },
        { picture: "prepare-terms", shows: "第一步：核对条款和解密保管人" },
        { picture: "prepare-sheet", shows: "第二步：填写开标一览表，对照大写金额" },
        "封装后做一次试解密：在递交一步点 [[bidder.lot.next.rehearse]]，确认手里的证书或备用钥匙能打开。只在本机进行，不显示报价，也不发送任何内容。",
      ],
    },
    {
      id: "offline",
      title: "用离线工具制作",
      parts: [
        "更稳妥的做法：加密完全不接触网络，工具是一个固定的文件，可以核对摘要。",
        {
          steps: [
            "在[[common.tool]](/tool)页点 [[tool.page.download]]，按页面所写核对 SHA-256 摘要。",
            "在公告页点 [[tool.package.download]]，得到 .terms.json 文件。",
            "断网打开 kaibiao-tool.html，载入条款包，打开证书，按同样的步骤填写、封装，保存 .kbid 文件。",
            "登录平台，打开本标段的 [[bidder.prepare.title]]，在 [[bidder.prepare.import]] 处选择该文件，再递交。",
          ],
        },
      ],
    },
    {
      id: "submit",
      title: "递交，取得回执",
      parts: [
        {
          steps: [
            "在最后一步点 [[bidder.submit.go]]，等上传完成。断网、刷新、关机都可以接着传：回到这一页，点 [[bidder.submit.resume]]。",
            "看到 [[bidder.lot.state.live]]，点 [[bidder.submit.receipt]]。页面会核验平台的签名，显示“[[bidder.receipt.checked]]”。",
            "点 [[bidder.receipt.save]] 和 [[bidder.receipt.paper]]，与 .kbid 文件一起保存。能核验的是文件，纸质件供查阅。",
            "开标之后回到这里，点 [[bidder.receipt.proof.save]]：有了这个文件，任何人都可以离线核验您的投标已记录在案。",
          ],
        },
        { picture: "prepare-sealed", shows: "封装完成，等待递交" },
        { picture: "receipt", shows: "回执：收到的时间，投标文件的摘要，平台的签名" },
        "没有回执就不算递交。最后一个字节须在截止时间之前到达，请至少提前一小时开始上传。",
      ],
    },
    {
      id: "replace",
      title: "更正、撤回、重新封装",
      parts: [
        {
          list: [
            "更正：在 [[common.bidder]] 点 [[bidder.lot.next.replace]]，原来填写的都在，改好后重新封装、递交。新的递交成功之前，原投标文件一直有效。",
            "撤回：点 [[bidder.lot.next.withdraw]]，输入“[[bidder.withdraw.word]]”，点 [[bidder.withdraw.label]]。本标段全部版本作废，截止前可以重新制作。",
            "招标人变更加密条款后，原投标文件失效，页面显示“[[bidder.lot.state.stale]]”。须按新条款重新封装并递交。澄清和延期不影响已递交的投标文件。",
          ],
        },
      ],
    },
    {
      id: "consortium",
      title: "联合体投标",
      parts: [
        {
          steps: [
            "牵头人封装后，在递交一步打开 [[bidder.consortium.title]]，列出成员，点 [[bidder.consortium.go]]，把 .joint.json 文件发给各成员。",
            "成员登录后打开[[bidder.consent.title]](/bidder/consent)，核对内容和投标文件摘要，点 [[bidder.consent.go]]，把签好的文件交回牵头人。",
            "牵头人点 [[bidder.consortium.take]]。全部签齐，方可递交。",
          ],
        },
        "投标文件的内容不在待签文件中。每次重新封装，成员都要重新签名。联合体协议是纸质的，勾选 [[bidder.consortium.paper]]，记录会注明成员未在平台签名。",
      ],
    },
    {
      id: "sign-in",
      title: "签到",
      parts: [
        {
          steps: [
            "开标当天在 [[common.bidder]] 点 [[bidder.lot.next.hall]]。签到从公告规定的时间开始，一般是开标前 60 分钟。",
            "填写授权代表的姓名、手机和证件号码，点 [[hall.signIn.send]]。",
            "保持页面打开，备好证书和口令。打开 [[hall.sound]]，允许桌面通知。",
          ],
        },
        { picture: "hall-sign-in", shows: "授权代表签到。此时谁也看不到有哪些单位投标" },
        "开标后才到的，先用 [[hall.speak.question.title]] 向主持人说明理由，获准后补签。没有签到的，投标文件仍可解密。",
      ],
    },
    {
      id: "checking",
      title: "核验，公布名单",
      parts: [
        "到开标时间，大厅自动转入核验。主持人登记保证金，核对名单，随后开始解密。这段时间请不要离开。",
        "主持人对本单位投标文件不予开启的，理由会显示出来，文件保持加密。不同意的，在 [[hall.speak.object.title]] 中提出。",
      ],
    },
    {
      id: "unlock",
      title: "解密",
      parts: [
        {
          steps: [
            "页面显示“[[hall.task.unlock.title]]”和剩余时间。点 [[hall.unlock.go]]，需要时输入证书口令。",
            "页面先核验平台签署的截止名单里有您的投标文件、时间已到，全部成立才交出解密密钥。投标文件不会再上传。",
            "看到“[[hall.unlock.done]]”就好了，等待其他投标人和保管人。",
          ],
        },
        { picture: "hall-unlock", shows: "解密：只需一次点击" },
        "没有成功的，不要紧张，剩余时间内可以反复试：",
        {
          list: [
            "网络或平台原因：点 [[hall.unlock.again]]。",
            "证书换发、损坏或选错：点 [[hall.unlock.other]]，选备用密钥文件（.kkey）或封装时用的旧证书。",
            "所有钥匙都不能用，而封装时采用了补救解密：在 [[hall.rescue.title]] 中写明理由，点 [[hall.rescue.ask]]，由行政监督决定。",
            "仍不成功：点 [[hall.help.button]]，写一句话，点 [[hall.help.send]]。诊断信息自动附上，不含密钥和报价。",
          ],
        },
        { picture: "hall-wrong-key", shows: "用其他钥匙解密：逐项核验，不成功的，下方列出可以怎么办" },
      ],
    },
    {
      id: "confirm",
      title: "核对并确认开标结果",
      parts: [
        {
          steps: [
            "唱标后，“[[hall.line.title]]”显示已公布的内容，请与所投的对照。",
            "一致的点 [[hall.line.confirm]]，再点 [[hall.line.confirmSign]]。签名后不能撤回。",
            "不一致的点 [[hall.line.dispute]]，写明哪一项不符。已开启的内容不会改变，您的意见如实记录。",
          ],
        },
        { picture: "hall-confirm", shows: "核对本单位的开标内容" },
      ],
    },
    {
      id: "objections",
      title: "提问和异议",
      parts: [
        {
          list: [
            "[[hall.speak.question.title]]：提问和答复在场内公开，并记录。",
            "[[stages.private.toHost]]：只有主持人、交易中心和行政监督看到，但会写入开标记录，随记录公布。",
            "[[hall.speak.object.title]]：对开标有异议的，在异议期结束之前提出，可附文件，由证书签名，招标人当场答复。",
            "没有异议的，在异议期点 [[hall.speak.none.button]]。结束前仍可改为提出异议。",
          ],
        },
      ],
    },
    {
      id: "record",
      title: "签署开标记录",
      parts: [
        {
          steps: [
            "主持人签署后，点 [[hall.record.read]]，通读开标记录。",
            "回到开标厅，有意见的填写意见，点 [[hall.record.sign]]。",
            "开标结束后，记录向社会公开。30 天内可以为服务评分一次。",
          ],
        },
        { picture: "hall-countersign", shows: "主持人签署之后，投标人签署" },
        "没有签署的如实记录，不影响开标结束。",
      ],
    },
    {
      id: "complaints",
      title: "投诉",
      parts: [
        {
          steps: [
            "开标之后、标段结束后 10 日内，在本项目页面点 [[complaints.title]]。对开标活动的投诉，须先在开标厅提出过异议。",
            "选标段和 [[complaints.matter]]，写明请求和事实，可附文件，点 [[complaints.form.sign]]。",
            "受理与否和答复显示在同一页；登记了邮箱或手机的，会另行提醒。",
          ],
        },
        "内容和身份只有行政监督部门能看到。",
      ],
    },
    {
      id: "trouble",
      title: "出了问题",
      parts: [
        "页面的红色提示写明原因和下一步，末尾有代码和请求编号。打电话时先报代码，服务台据此查找。",
        {
          pairs: [
            ["口令不对，证书打不开", "核对大小写和输入法。忘了口令，只能请 CA 机构重新导出或换发。封装时加过备用钥匙的，解密用它。"],
            [
              "登录后只能看公开信息，显示“[[session.link.notLinked]]”",
              "本单位用过另一家 CA 的证书。用原证书登录，点右上角自己的姓名，在账户页 [[session.link.title]]；原证书遗失的，持证明材料到交易中心办理。",
            ],
            ["条款未通过核验", "多半是根证书选错了。换用 CA 机构官网的根证书；仍不通过，不要封装，联系招标人或交易中心。"],
            [
              "上传中断或很慢",
              "网络恢复后点 [[bidder.submit.resume]]，从断处继续。也可以把 .kbid 文件拿到别的电脑上，从 [[bidder.prepare.import]] 选择后递交。",
            ],
            [
              "证书快到期",
              "续期后，旧证书文件和口令一定留着，解密已封装的投标文件要用。开标前到期的，续期后用新证书签名、旧证书解密，或重新封装递交。",
            ],
            ["“[[stages.check.key_mismatch]]”", "选的不是封装这份文件时的证书。点 [[hall.unlock.other]] 换一把。"],
            ["页面卡住或断线", "刷新即可，会回到原来的位置，已提交的不会丢。换浏览器、换电脑登录也一样。"],
            ["开标已暂停", "计时停止，复会后继续，不用做什么，不要离开。"],
            [
              "解密时间过了",
              "立即点 [[hall.help.button]]，并提出异议。平台中断的时间会自动补回。没有开启的投标文件由平台按证据认定，行政监督可以改判。",
            ],
            ["投标人不足，不开标", "投标文件保持加密，谁也打不开，名单也不公布。"],
            ["开标前想找人", "在页面上点 [[desk.button]]。请不要写是否投标、报价或投标内容。"],
          ],
        },
      ],
    },
    {
      id: "words",
      title: "时限和用语",
      parts: [
        {
          pairs: [
            ["投标截止时间", "就是开标时间，是同一个时刻。以页面顶部的服务器时间为准。"],
            ["解密时间", "公告“[[public.project.windows]]”中写明。主持人可以延长，延长对所有投标人一样。"],
            [
              "[[stages.finding.forfeited]]、[[stages.finding.returned]]",
              "到时未解密，原因在投标人的，视为撤销投标文件；原因不在投标人的，视为撤回投标文件（电子招标投标办法第三十一条）。",
            ],
            [
              "解密保管人",
              "招标文件指定的几家单位，各持一份钥匙。投标人解密之后，须有规定的家数放行，才能开启。任何一家单独打不开；达到家数的几家若与平台串通，可以提前看到已经解密的投标文件。",
            ],
            ["备用钥匙（.kkey）", "您自己生成的密钥文件，设有口令。证书坏了，用它解密。"],
            [
              "补救解密",
              "封装时您自己选的：解密密钥另外分存给保管人。您确实不能解密时，由行政监督下令，保管人共同代为解密。代价是他们串通就可能打开您的投标文件。",
            ],
            ["投标文件摘要", "由全部密文算出的一串字符，改动任何一处都会不同。回执、截止名单和开标记录里的应当一致。"],
          ],
        },
      ],
    },
    {
      id: "proof",
      title: "平台向您证明什么",
      parts: [
        {
          list: [
            "开标前没人能看到报价：密钥不在平台手里，不是靠权限。有哪些单位、几家投标，平台开标前不向任何人显示；掌握服务器的人技术上能够得知，但看不到报价。",
            "您的投标按时送到：回执有平台的签名。有回执而截止名单里没有您，就是平台的过错，证据在您手里。",
            "解密不会被骗：您的密钥交出之前，这台电脑先核验截止名单、收到时间和本机时钟。",
            "结果没有改过：每份开标一览表的密钥随唱标公布，任何人都可以重新打开核对。",
          ],
        },
        "请保存 .kbid 文件、回执和备用钥匙，直到项目结束。",
      ],
    },
  ],
} satisfies Chapter;
