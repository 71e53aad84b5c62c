import type { Chapter } from "../chapter";

export default {
  lead: "解密保管人为每个项目持有一份钥匙，平台没有副本。您的事有两件：发布前签发公钥，投标人解密之后释放份额。也可以授权自己机器上的代理，自动办这两件事。保管人不得在同一项目投标。",
  sections: [
    {
      id: "need",
      title: "准备什么",
      parts: [
        {
          list: [
            "本单位的数字证书文件和口令。",
            "一个保管密钥的口令，与证书口令不同，几个人都记得住或另行封存。",
            "CA 机构的根证书文件，从 CA 机构或监督部门取得，不要从本网站取得。",
            "存放备份文件的可靠地方，例如单位保险柜里的 U 盘。",
          ],
        },
        "公证处等第一次来的单位：登录后选 [[login.custody.register]]；页面显示投标人登记的，点 [[login.custody.instead]]。登记不会使贵单位成为投标人。",
      ],
    },
    {
      id: "keys",
      title: "签发公钥",
      parts: [
        {
          steps: [
            "打开 [[common.custodian]]。需要签发的项目已经选好，点 [[custodian.making.open]]。",
            "输入口令两次，点 [[custodian.making.make]]。保存好得到的备份文件（.kkeys）。",
            "点 [[custodian.making.prove]]，选刚才保存的文件，证明它确实能打开。",
            "点 [[custodian.making.certify]]。全部保管人签发之后，招标人才能发布公告。",
          ],
        },
        { picture: "custodian", shows: "全部项目在一页：需要做什么，开标时间" },
        { picture: "custody-key", shows: "生成密钥，以口令加密后存成一个文件" },
        "多个项目一次办完，只要一个口令、一个文件。",
      ],
    },
    {
      id: "backup",
      title: "备份和换电脑",
      parts: [
        {
          list: [
            "密钥加密存放在这个浏览器里，清除浏览器数据会一并清除，请保留备份文件。",
            "换电脑：打开“[[custodian.ring.title]]”，点 [[custodian.ring.choose]]，再点 [[custodian.ring.take]]。",
            "随时可以 [[custodian.ring.save]]。已结束项目的密钥可以移除。",
          ],
        },
        "口令或文件丢了，谁也找不回来。开标前可以在项目页点 [[custodian.lots.makeAnother]]；公告已经发布的，须由招标人修改密封条款才会生效。",
      ],
    },
    {
      id: "agent",
      title: "授权无人值守的代理",
      parts: [
        "项目多的单位，每年签一次授权，代理就在您自己的、一直开机的机器上自动签发和释放。代理的密钥不能做其他事。",
        {
          steps: [
            "在那台机器上生成代理的密钥，把公钥（不是私钥）拿到办公电脑。",
            "打开“[[custodian.standing.title]]”，点 [[custodian.standing.authorise]]，粘贴公钥，选截止日期和适用的招标人。",
            "点 [[custodian.standing.sign]]。在那台机器上启动代理：kaibiao custodian serve-all。",
            "看到“代理最近一次联系平台”的时间，就是在运行。没有动静或快到期，页面会用红色提示。",
          ],
        },
        "机器或口令可能泄露的，立即 [[custodian.standing.revoke]]。已发布的条款不受影响，代理仍须释放其份额。",
      ],
    },
    {
      id: "release",
      title: "释放份额",
      parts: [
        {
          steps: [
            "投标人解密结束后，[[common.custodian]] 页出现“[[custodian.phases.releaseNow]]”。点 [[custodian.releasing.open]]。",
            "输入保管密钥的口令。第一次使用的，添加根证书。",
            "点 [[custodian.releasing.go]]。条件在您的电脑上逐项证明，全部成立才会交出。看到 [[custodian.releasing.done]] 即可。",
          ],
        },
        { picture: "custody-release", shows: "一次释放全部等待的标段" },
        "请在开标当天守候：解密时间一到就轮到您。时限内没有办，自动顺延一次，再不办就按缺份额处理。",
      ],
    },
    {
      id: "rescue",
      title: "补救解密",
      parts: [
        "投标人的证书坏了，行政监督下令补救时，项目页出现“补救解密”。核对监督命令和剩余时间，点 [[custodian.rescue.go]]。每份只对这一份投标有效；没有监督命令，页面不会交出。",
        { picture: "custody-rescue", shows: "监督部门下令之后，保管人交出补救份额" },
      ],
    },
    {
      id: "trouble",
      title: "出了问题",
      parts: [
        {
          pairs: [
            ["“[[custodian.releasing.noKey]]”", "这台电脑没有该项目的密钥。到项目页选择备份文件，或先从备份文件恢复。"],
            ["口令不对", "核对输入法和大小写。不同时候生成的密钥口令可能不同，到项目页逐个释放。"],
            ["核验不成立，没有交出", "这是在保护投标人。按提示处理，例如添加缺的根证书；原因不明的，先打电话问监督部门，不要换别的办法。"],
            ["“[[custodian.releasing.withheld]]”", "个别投标文件自身有问题，理由已记录，其他的照常释放。"],
            ["“[[custodian.duties.notYours]]”", "登录的不是被指定的单位，或招标人填错了代码。请与招标人核对统一社会信用代码。"],
            ["代理没有动静", "检查那台机器的电源和网络；来不及的，在本页手工办理。"],
            ["“[[custodian.standing.again]]”", "授权撤销了，请重新签发公钥。"],
            ["曾在别的电脑上释放过", "同一标段只能按一份清单释放。按其他清单释放会被拒绝，请联系监督部门。"],
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
            ["公钥签发", "到开标时间为止都可以；但招标人要等齐了才能发布，请收到网址的当天办理。"],
            ["[[host.policy.stays.releasing]]", "从投标人解密结束起算，逾期自动再给一次同样的时间，不能暂停。"],
            ["[[host.custodians.release]]", "须有这么多保管人释放，全部投标文件才同时开启。一家缺席，其余够数仍可开启。"],
            ["份额", "您的钥匙对每份投标文件算出的一部分，单独没有用处。"],
            ["接受清单", "解密成功、进入开启的投标文件名单，由平台签名。您的电脑只认它。"],
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
            "时间确实已到：截止名单和接受清单有平台的签名，并与您本机的时钟核对。",
            "每份投标确由其投标人签名解密，或有您参与的监督补救命令。",
            "您释放过什么、何时释放，都有记录；所说的理由真假，事后可以核验。",
          ],
        },
        "平台若提前签出接受清单，您的电脑不能独立察觉解密时间是否真的已到，只能留下相互矛盾的签名作为证据。保管人之间没有共同利益，是最好的保障。",
      ],
    },
  ],
} satisfies Chapter;
