import type { Chapter } from "../chapter";

export default {
  lead: "招标人或其代理机构编写项目、发布公告，开标当天在主持台主持。代理机构与招标人视为一方。每一步都由您的证书签名并记录；现在不能办的，按钮旁写明原因。",
  sections: [
    {
      id: "need",
      title: "准备什么",
      parts: [
        {
          list: [
            "本单位的数字证书文件和口令。由交易中心管理员先把“招标人（代理机构）”身份绑定到本单位；请勿登记为投标人。",
            "参与单位的名称和统一社会信用代码：招标人、代理机构、交易中心、行政监督部门、解密保管人。",
            "招标公告正文、招标文件、开标一览表的项目、各标段的最高投标限价。",
            "开标当天：能放出声音的电脑、大屏，以及服务台和监督人员的电话。",
          ],
        },
      ],
    },
    {
      id: "draft",
      title: "编写项目",
      parts: [
        {
          steps: [
            "登录后打开 [[common.host]]，点 [[host.projects.new]]；相似的项目可以点 [[host.projects.copy]]，常用的规则可以 [[host.templates.save]]。从交易平台导入的项目自动出现在这里。",
            "[[host.steps.basics]]：编号、名称、投标截止（开标）时间、公告正文。招标文件等附件先点 [[host.wizard.save]]，再上传。",
            "[[host.steps.officials]]：输入名称或代码，从名录中选。",
            "[[host.steps.lots]]：每个标段的限价、[[host.sheet.title]]、[[host.custodians.title]]、[[host.policy.title]]。写好一个，用 [[host.lot.copy]]。",
            "[[host.steps.preview]]：看一遍公众将看到的内容。列出的“待改”可以点过去改。点 [[host.wizard.finish]]。",
          ],
        },
        { picture: "wizard-lots", shows: "标段、开标一览表、解密保管人、开标规则在一页填写" },
        {
          list: [
            "[[host.suite.legend]]：通常选“[[stages.suite.intl]]”。招标文件要求国密的，选“[[stages.suite.gm]]”，投标人须有 SM2 证书。发布后不能更改。",
            "开标一览表写什么，唱标就公布什么。选好 [[host.sheet.preset]] 再增减，指定一项作为报价。",
            "解密保管人：可点 [[host.custodians.usual]]。门限须过半数，任何一方不能单独达到。是否允许补救解密，在这里决定。",
            "各环节都有最长时限，到时无人操作的，系统自动进入下一环节。投标人多的，选“[[host.policy.paces.large]]”。",
          ],
        },
        "填写的内容随时加密存在本机，刷新不丢。",
      ],
    },
    {
      id: "publish",
      title: "等保管人交密钥，发布",
      parts: [
        {
          steps: [
            "在 [[host.projects.manage]] 中把网址发给各保管人，请其登录签发公钥。全部提交后，页面显示“[[host.manage.keys.all]]”。",
            "点 [[host.manage.publish.button]]，核对时间、参与单位和条款，输入“[[host.manage.publish.word]]”，点 [[host.manage.publish.sign]]。公告随即公开。",
          ],
        },
        { picture: "manage-publish", shows: "保管人的密钥齐备，可以发布" },
        "发布以后，开标时间只能推迟，条款只能通过变更修改。发布到开标之间须满足法定的最短公告期，一般为二十日。",
      ],
    },
    {
      id: "change",
      title: "澄清、延期、变更、取消",
      parts: [
        {
          list: [
            "[[host.manage.forms.clarify]]：向全体公开，不影响已递交的投标文件。",
            "[[host.manage.forms.postpone]]：只能推迟，不影响已递交的投标文件。",
            "[[host.manage.forms.amend]]：修改一览表、保管人、门限或规则。该标段已递交的投标文件全部失效，须重新封装，请慎用。距开标不足法定期限（一般十五日）的，须同时延期。",
            "[[host.manage.forms.cancel]]：已递交的投标文件永远保持加密。",
            "[[host.manage.keys.invite]]：发布后要增加保管人的，先邀请，等其提交密钥，再变更条款。",
          ],
        },
        "开标前平台不显示有几家投标，对您也不显示。请不要向投标人打听。",
      ],
    },
    {
      id: "console",
      title: "开标之前：坐到主持台",
      parts: [
        {
          steps: [
            "开标前半小时登录，在 [[common.host]] 点 [[host.projects.console]]。做一次[环境检测](/check)。",
            "点 [[host.console.screen]]，把新窗口拖到大屏上，按 F 全屏。",
            "需要换人的，点 [[host.console.acts.hand-over]]，填接手人的证书摘要（在对方的账户页可以看到）。",
            "等倒计时结束。到时自动进入核验，不用操作。",
          ],
        },
        "“[[host.console.course]]”一栏最上面总是现在该办的一件事。点按钮，核对，签名，就进入下一环节。",
      ],
    },
    {
      id: "checking",
      title: "核验，公布名单",
      parts: [
        {
          steps: [
            "点 [[host.console.acts.mark-deposit]]，已选中尚未登记的各家；先登记为已缴纳，再改例外的。",
            "核对名单上的“[[stages.flags.title]]”：单位、授权代表、电话相同的，会列出来。",
            "不符合要求的投标文件，在该行点 [[host.console.party.open]]，选 [[host.console.acts.refuse-bid]]，写明理由。它将保持加密，不能恢复。",
            "没到场的，登记 [[host.console.acts.mark-absence]]；迟到而有理由的，[[host.console.acts.allow-sign-in]]。可以勾选多家一并办理。",
            "点 [[host.console.acts.publish-list]]。公布以后，保证金和不予开启不能再改。不足最少家数的标段，不开标。",
          ],
        },
        { picture: "console-checking", shows: "核验：登记保证金，核对名单" },
      ],
    },
    {
      id: "unlocking",
      title: "投标人解密",
      parts: [
        {
          steps: [
            "点 [[host.console.acts.start-window]]，确认时长。计时对所有投标人一样。",
            "看进度和失败的几家。有求助的，“[[host.console.talk.title]]”一栏有提示，与服务台商量。",
            "需要的，点 [[host.console.acts.extend]] 或 [[host.console.acts.suspend]]，写明理由。",
            "全部解密或时间到，自动进入下一环节。",
          ],
        },
        { picture: "console-unlocking", shows: "解密进行中：进度、失败、求助" },
        "补救解密由行政监督下令，主持人不能决定。",
      ],
    },
    {
      id: "releasing",
      title: "保管人解密",
      parts: [
        "等待即可。够了规定的家数，全部投标文件同时开启。迟迟不齐的，打电话给页面上显示“[[host.console.custodians.waiting]]”的保管人。这一环节不能暂停，时限内没有完成会自动顺延一次。",
      ],
    },
    {
      id: "announcing",
      title: "唱标",
      parts: [
        {
          steps: [
            "点 [[host.console.acts.announce]]。全部报价同时公布，不能撤回。",
            "打开“[[host.console.tabs.announced]]”，点 [[host.console.voice.all]]；本机没有中文语音的，点 [[host.console.voice.step]]，照屏幕读。大屏逐行跟随。",
            "内容有疑问的，对该行作 [[host.console.acts.remark-line]]。备注不改变一览表。",
            "投标人名称原先隐去的，点 [[host.console.acts.lift-mask]] 公布。",
          ],
        },
        { picture: "console-announced", shows: "唱标：逐家播报" },
      ],
    },
    {
      id: "objections",
      title: "确认和异议",
      parts: [
        {
          steps: [
            "投标人确认各自的开标结果。有异议的，请用备注回应。",
            "点 [[host.console.acts.open-objections]]。",
            "在“[[host.console.talk.title]]”一栏逐项答复异议、提问和求助。异议没有答完，不能结束。",
            "点 [[host.console.acts.close-objections]]，系统生成开标记录。",
          ],
        },
        "一家反复提问影响秩序的，可以 [[host.console.acts.mute]]，要写理由，公开记录；其仍可提出异议和求助。",
      ],
    },
    {
      id: "record",
      title: "签署记录，结束开标",
      parts: [
        {
          steps: [
            "点 [[host.console.acts.sign-record]]，通读记录，看到“[[host.console.record.matches]]”，签名。",
            "投标人签署。没有签的不影响结束。",
            "点 [[host.console.acts.close]]。先看“[[host.console.missing.title]]”：标“[[host.console.missing.demanded]]”的要办完，其他的可以点过去补。",
          ],
        },
        { picture: "console-record", shows: "签署前核对摘要" },
        "签署后发现错误的，点 [[host.console.acts.correct-record]]，另行生成一份，与原记录一并公开。投标文件在“[[host.console.tabs.documents]]”中下载，移交评标；下载记录在案。",
      ],
    },
    {
      id: "again",
      title: "开标失败以后",
      parts: ["投标人不足的标段也要签署记录。之后在项目管理中点 [[host.manage.again]]，以原规则新建，公告会注明原项目。"],
    },
    {
      id: "trouble",
      title: "出了问题",
      parts: [
        {
          pairs: [
            ["按钮灰色，不能点", "按钮旁写明原因，例如“[[stages.why.reply-first]]”。办完那件事就能点。"],
            ["“[[stages.why.not-operator]]”", "主持席在别人手里。请其移交；联系不上的，请交易中心接管。"],
            ["“[[stages.why.not-cosigned]]”", "等几秒。一直等见证的，请行政监督决定是否继续。"],
            [
              "投标人打电话说解密不了",
              "请其点 [[hall.help.button]]，页面会附上诊断信息。网络和平台原因反复试即可；证书坏了用备用钥匙。需要时间的，您来延长。",
            ],
            ["大屏没有声音", "点一下主持台页面，再点 [[host.console.voice.resume]]；或照屏幕人工唱标。"],
            ["平台中断", "恢复后刷新即可。中断的时间会自动补回，记录中写明起止。"],
            ["时钟存疑", "平台暂不判定时间，等交易中心确认时钟。被要求稍后重试的操作没有被拒绝。"],
            ["条款摘要与草稿不同，提示请勿签名", "不要签，联系交易中心。"],
            ["主持人临时离开", "先点 [[host.console.acts.suspend]]，或移交主持。无人操作的，到最长时限自动进入下一环节。"],
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
            [
              "[[host.policy.stays.checking]]、[[host.policy.stays.window]]、[[host.policy.stays.objections]]等",
              "各环节的最长时限，发布时定下。页面“剩余时间”走完，自动进入下一环节。",
            ],
            ["[[host.policy.stays.suspension]]", "暂停时计时停止。到最长时间自动恢复；监督部门责令的暂停，由监督部门恢复。"],
            ["[[host.custodians.release]]", "须有这么多保管人放行，投标文件才能开启。"],
            ["[[host.custodians.rescue]]", "投标人无法解密时，经监督部门下令，须有这么多保管人共同补救。"],
            [
              "[[stages.finding.forfeited]]、[[stages.finding.returned]]",
              "没有开启的投标文件由平台按证据认定；监督部门可以改判，招标人不能改。",
            ],
          ],
        },
      ],
    },
    {
      id: "proof",
      title: "平台证明什么",
      parts: [
        {
          list: [
            "开标前，平台不向招标人显示投标人的名称和数量；报价谁也看不到。",
            "每一步何时、由谁、凭什么办理，都有签名，开标记录可以独立核验。",
            "不予开启、延长、暂停的理由随记录公布，没有人能事后改写。",
          ],
        },
      ],
    },
  ],
} satisfies Chapter;
