import type { Chapter } from "../chapter";

export default {
  lead: "行政监督看到开标的每一件事，决定补救、认定和暂停，并在自己的电脑上核查平台签过的东西。每个命令由您的证书签名，即时生效，记入开标记录。",
  sections: [
    {
      id: "need",
      title: "准备什么",
      parts: [
        {
          list: [
            "本部门的数字证书文件和口令；“行政监督”身份由交易中心管理员绑定。",
            "兼任解密保管人的，另备保管密钥，见[保管人一章](/manual/custodian)。",
            "开标当天在场：补救命令只能在解密时间内下达。",
          ],
        },
      ],
    },
    {
      id: "openings",
      title: "我的开标",
      parts: [
        "打开 [[common.supervisor]]：本部门监督的全部项目，要处理的排在前面。可以按名称、编号、状态和时间查找。",
        "开标时间之前，投标人名单和数量对监督部门也不显示。到时页面自动转入现场。",
      ],
    },
    {
      id: "live",
      title: "现场",
      parts: [
        "“[[supervisor.tabs.live]]”逐标段显示进程、剩余时间、各投标人的签到、保证金、解密和开启情况、发言与求助。",
        { picture: "supervision", shows: "现场：每个投标人到了哪一步" },
        "名称、代表、电话相同的投标人会在“[[stages.flags.title]]”中列出，请核实是否串通。",
      ],
    },
    {
      id: "rescue",
      title: "决定补救解密",
      parts: [
        {
          steps: [
            "有申请时，页面顶部出现红色提示和剩余时间，在哪一页都看得到。",
            "看申请理由、失败记录和诊断，必要时给投标人打电话。",
            "同意的，点 [[supervisor.orders.rescue.name]]，写明理由，签名。随后由保管人各交一份补救份额。",
          ],
        },
        "剩余时间内不下令，该投标不能解密。不同意的，不需要操作，请用 [[supervisor.orders.remark.name]] 说明。",
      ],
    },
    {
      id: "orders",
      title: "监督处置",
      parts: [
        {
          list: [
            "[[supervisor.orders.remark.name]]：向全场公布，附在记录中。",
            "[[supervisor.orders.suspend.name]]、[[supervisor.orders.resume.name]]：计时停止，恢复后顺延。监督责令的暂停，招标人不能恢复。保管人解密期间不能暂停。",
            "[[supervisor.orders.extend.name]]：立即对所有投标人生效，累计不超过条款规定的延长总时长。",
            "[[supervisor.orders.quorum.name]]：见证人不足时决定是否继续。",
            "[[supervisor.orders.terminate.name]]：选结束方式和原因代码，输入“[[supervisor.orders.terminate.word]]”。不能撤回，未开启的投标永不开启。",
          ],
        },
      ],
    },
    {
      id: "findings",
      title: "认定",
      parts: [
        {
          steps: [
            "没有开启的投标文件，平台按证据和规则先作认定：[[stages.finding.forfeited]]，或[[stages.finding.returned]]。打开“[[supervisor.tabs.findings]]”。",
            "点所依据的事件看原文；听取投标人、保管人的意见。",
            "同意的点 [[supervisor.findings.confirm]]；不同意的点 [[supervisor.findings.overrule]]，写明理由。",
          ],
        },
        { picture: "supervision-findings", shows: "认定、适用的规则、所依据的事件" },
        "写明“[[supervisor.findings.mustDecide]]”的，请务必决定。招标人签署记录时仍未处理的，以平台认定为准。对保管人的认定同样处理，但不能认定本单位。",
      ],
    },
    {
      id: "events",
      title: "事件与时间线",
      parts: [
        "“[[supervisor.tabs.events]]”有开标的全部事实和签名，可按环节、行为人、文字筛选，只看异常。点 [[supervisor.events.play]]，光标从头走一遍。",
        "“[[supervisor.tabs.replay]]”还原任一时刻的开标厅：可以逐步、按阶段、按 1×、10×、60× 播放，按行为人筛选，并选择以哪一方的视角看。画面上的每一项都连到产生它的事件，事件的签名和公开日志证明当场核验。",
      ],
    },
    {
      id: "audit",
      title: "核查平台签过的声明",
      parts: [
        {
          steps: [
            "打开“[[supervisor.tabs.audit]]”，点 [[supervisor.audit.run]]。核对在您的浏览器里进行，只信密封条款所载的平台公钥。",
            "看到“[[supervisor.audit.allHold]]”，截图或打印存档。把声明摘要与招标人、投标人页面上的对一对。",
            "有一项不成立的，保存本页，要求平台运营方说明；必要时责令暂停或终止。",
          ],
        },
        { picture: "supervision-audit", shows: "在本机核查截止声明和接受声明" },
      ],
    },
    {
      id: "complaints",
      title: "投诉",
      parts: [
        {
          steps: [
            "首页的红色提示写着有几件待决定、待答复或已逾期；点 [[complaints.toList]]，到期早的排在前面。",
            "读投诉请求、事实和附件；它所指的事件旁边也有标记，可以直接看到当时发生了什么。",
            "在 3 日内点 [[complaints.decide.takeUp]]，或写明理由点 [[complaints.decide.decline]]。",
            "受理后 30 日内写明处理决定，点 [[complaints.decide.answer]]，用证书签名。签名后不能修改。",
          ],
        },
        "内容、附件和投诉人只有您看得到。受理后，招标人和交易中心只知道哪个标段有一件什么事项的投诉。期限按自然日计算，早于法定的工作日。",
      ],
    },
    {
      id: "platform",
      title: "平台审计",
      parts: [
        {
          steps: [
            "点 [[common.audit]]，最近的记录在前面：登录、角色、配置、启停和异常、导出、管理员的操作。",
            "按日期、类别、行为人、项目查询；点一条，看前后对照、签署的内容和它的证明。",
            "点 [[audit.jsonl]] 或 [[audit.csv]] 导出查到的全部记录。JSONL 带证明，可以再次核验；也可以用命令 kaibiao audit。",
          ],
        },
        "投标人的登录和注册，在当时接受投标的项目全部到开标时间之后才显示：之前显示，会透露谁在准备投标。登录每五分钟汇总一次。您查阅过平台审计，也会记下来。",
      ],
    },
    {
      id: "trouble",
      title: "出了问题",
      parts: [
        {
          pairs: [
            ["按钮旁写“现在不能”", "后面是原因，例如所在环节不允许。保管人解密期间，既不能暂停也不能延长。"],
            ["投标人来电说被误判", "请其提出异议并保存复核文件。用其中的文件可以离线复核，事件里有依据。"],
            ["投标人拿出回执，名单里没有它", "回执有平台签名，这是平台的过错。先[核验回执](/receipt)，责令暂停，保全回执和 .kbid 文件。"],
            ["有人质疑开标经过", "在记录页下载监督版证据包，[核验证据包](/verify)，不上传文件；再用 kaibiao-verify 重演规则。"],
            ["两份截止名单不一样", "两份都有签名，就是证据。责令暂停或终止，要求说明。"],
            ["平台中断", "时限自动补回，不用下令延长。中断时长超过解密时间本身的，未解密的认定为[[stages.finding.returned]]。"],
            ["主持人失联", "请交易中心接管；仍不行，责令暂停。"],
            ["连接中断", "页面会自动重连；断开时显示的不一定是最新的。"],
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
            ["[[stages.finding.forfeited]]", "投标人自己的原因，未解密或内容有误（电子招标投标办法第三十一条）。"],
            ["[[stages.finding.returned]]", "投标人以外的原因，可向责任方索赔（同条）。"],
            ["补救命令", "解密时间之内、投标人申请或解密失败之后才能下达。"],
            ["认定的时限", "从开启到招标人签署记录。"],
            ["截止声明、接受声明", "平台在截止和解密结束时各签一份名单。前者列全部投标，后者列进入开启的。"],
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
            "每件事有时间、有签名、有先后，改动任何一件，树根都会不同。",
            "事件可以全部取走，在别的机器上重放，得到同一个结果。",
            "认定所依据的规则和事件写在认定旁边，任何一方都可以核对。",
          ],
        },
        "没有独立见证人的项目，平台若向不同的人出示不同的名单，要靠各方比对摘要才能发现。请在现场比对。",
      ],
    },
  ],
} satisfies Chapter;
