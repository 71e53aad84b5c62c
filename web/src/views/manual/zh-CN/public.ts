import type { Chapter } from "../chapter";

export default {
  lead: "任何人都可以看公告、看开标直播、看开标记录，不用登录，也不留姓名。",
  sections: [
    {
      id: "need",
      title: "准备什么",
      parts: [
        "一台能上网的电脑或手机，装有新版浏览器，不用安装任何软件。",
        "您是投标人、招标人或其他参加方的，请点上方各章。看当前页面怎么用，点页面上方的 [[manual.title]]。",
      ],
    },
    {
      id: "find",
      title: "找到项目",
      parts: [
        {
          steps: [
            "打开[[common.openings]](/)，首页是今天的开标。换一天，改 [[public.openings.day]]。",
            "在查找框输入项目名称、招标编号或单位名称。投标人在其标段开标结束、名称公开之后才能查到。",
            "点项目名称看公告；点 [[public.openings.hall]] 看直播；已结束的点 [[public.openings.record]]。",
          ],
        },
        { picture: "openings", shows: "开标大厅：今天的开标" },
      ],
    },
    {
      id: "notice",
      title: "看公告",
      parts: [
        {
          list: [
            "投标截止暨开标时间、公告正文、招标文件。谁下载过，平台不记录、不统计。",
            "澄清与变更，最近的也在其中。",
            "各标段的限价、开标一览表、[[public.project.windows]]。",
            "[[public.project.trust]]：哪几家保管人，几家放行才能开启，串通会怎样。",
          ],
        },
        { picture: "project", shows: "项目公告" },
      ],
    },
    {
      id: "hall",
      title: "看开标直播",
      parts: [
        {
          list: [
            "开标前只有公告和倒计时：投标人名单、数量对谁都不显示。",
            "到时自动开始，不用刷新。上方是进程和剩余时间。",
            "解密开始时公布投标人名单；要求隐去名称的项目显示代号。",
            "唱标后，全部报价同时出现，并有与最高投标限价的比较。",
            "发言、提问、异议和答复按时间排列。",
          ],
        },
        { picture: "hall-announced", shows: "唱标之后" },
        "会场大屏点 [[public.hall.screen]]，按 F 全屏，左右键换标段，空格暂停翻页。",
      ],
    },
    {
      id: "record",
      title: "看开标记录",
      parts: [
        {
          steps: [
            "开标结束后，从[[common.openings]](/)、公告页或开标厅打开 [[public.record.title]]。",
            "显示“[[public.record.checked]]”，表示您看到的就是签署的那一份。",
            "可以下载 [[public.record.pdf]]、[[public.record.json]] 和表格；点 [[common.print]] 打印。",
          ],
        },
        { picture: "record", shows: "开标记录表：摘要、签署情况、下载" },
        "投标人不足、没有开启的标段，记录中以代码表示投标人，不公布名称。",
      ],
    },
    {
      id: "check",
      title: "自己核验",
      parts: [
        {
          list: [
            "在唱标结果处点 [[public.reopen.run]]：您的浏览器取得公布的密文和密钥，重新解密，逐项比对。不用登录。",
            "下载记录原件，计算 SHA-256，与页面上的摘要逐位比对。方法见记录页“[[public.record.verify]]”。",
            "[[public.check.authorities]]列在[环境检测](/check)页，可与 CA 机构官网公布的比对。",
            "投标人出示的回执或其证明，可在本机[离线核验](/receipt)。",
            "开标结束后，在记录页点 [[public.evidence.public]]，再到[核验证据包](/verify)，用您自己保存的策略在本机核验，不上传文件。",
          ],
        },
      ],
    },
    {
      id: "complaints",
      title: "投诉",
      parts: [
        {
          steps: [
            "标段结束后 10 日内，在项目公告处点 [[complaints.title]]。",
            "选标段和 [[complaints.matter]]，写明请求、事实、真实姓名和联系方式，可附文件，点 [[complaints.form.send]]。",
            "保存编号和查询码：只显示这一次。以后凭它们在同一页查看处理进展和答复。",
          ],
        },
        "投诉只有行政监督部门能看到。",
      ],
    },
    {
      id: "trouble",
      title: "出了问题",
      parts: [
        {
          pairs: [
            ["直播不动", "看右上角的连接状态。网络不允许实时连接的，自动改为每 3 秒更新；显示正在重连的，等一等或刷新。"],
            ["找不到项目", "核对名称、编号和日期；还没有发布的项目查不到。"],
            ["“[[public.record.none]]”", "记录在异议期结束后生成，开标结束后公布，请稍后再来。"],
            ["“[[public.record.differs]]”", "不要采信，请报告行政监督部门。"],
            ["名单不公布", "不足规定家数而不开标的标段，投标人名称不公布。"],
            ["页面显示平台异常或时钟存疑", "平台在处理，时限会自动补回，继续等待即可。"],
            ["想反映问题", "联系公告“[[public.project.officials]]”中的招标人或行政监督部门。"],
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
            ["投标截止时间", "也是开标时间，是同一个时刻，以页面顶部的服务器时间（北京时间）为准。"],
            ["核验、解密、唱标、异议、签署", "开标的各个环节。每个环节最长多久，公告里写明。"],
            ["最高投标限价", "高于它的报价会标出，是否否决由评标决定。"],
            ["[[stages.finding.forfeited]]、[[stages.finding.returned]]", "没有解密的投标文件的认定：前者因投标人自己，后者因他人。"],
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
            "报价在同一时刻公布，此前谁也看不到：打开投标文件要投标人和规定家数的保管人一起。",
            "公布的内容就是投标时密封的内容，您可以自己打开核对。",
            "记录由主持人和投标人签名，事后改动会被发现。更正另行生成，与原记录一并公开。",
          ],
        },
      ],
    },
  ],
} satisfies Chapter;
