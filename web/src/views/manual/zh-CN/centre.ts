import { CODES } from "@/ui/troubles/troubles";
import type { Chapter } from "../chapter";

export default {
  lead: "交易中心绑定身份、看全部开标室、答复求助，必要时接管主持。管理员和值班人员用各自的证书。",
  sections: [
    {
      id: "need",
      title: "准备什么",
      parts: [
        {
          list: [
            "本中心的数字证书。管理员的身份在服务器上首次设定；其他人的由管理员绑定。",
            "当天开标的清单，主持人、监督人员、保管人和机房的电话。",
            "一台常开看板的电脑，点 [[centre.board.soundOff]] 打开提示音。",
          ],
        },
      ],
    },
    {
      id: "accounts",
      title: "账户与角色",
      parts: [
        {
          steps: [
            "管理员打开 [[common.accounts]]，点 [[centre.accounts.bind]]。",
            "选角色，填单位名称和统一社会信用代码（与证书一致），需要时填人员姓名。不填姓名，全单位都有此角色。",
            "核对，签名。对方登录即有此角色。",
            "离职、换岗的，点 [[centre.accounts.revoke]]，立即失去权限。",
          ],
        },
        { picture: "accounts", shows: "谁有什么角色。只有管理员可以绑定和撤销" },
        {
          list: [
            "招标人、代理机构、监督部门必须绑定。投标人和其他保管人用证书自行登记。",
            "名称标“[[centre.desk.unvouched]]”的，看过证照后绑定角色，即为核实。",
            "投标人换了 CA 而原证书遗失的，看过证明材料，点 [[session.link.title]]，立即生效。",
          ],
        },
      ],
    },
    {
      id: "board",
      title: "运行看板",
      parts: [
        "打开 [[common.board]]：每个开标室一张卡片，有告警的排在前面并写明是什么、已多久。点 [[centre.board.wall]] 投到大屏。",
        { picture: "board", shows: "当天的开标室、告警和平台健康" },
        {
          pairs: [
            ["[[centre.alarms.notOpened]]", "先看“[[centre.board.health]]”，再通知机房。"],
            ["[[centre.alarms.notStarted]]", "给主持人打电话；联系不上的，接管。"],
            ["[[centre.alarms.failures]]", "多家同时失败，可能是网络或某家 CA 的问题。请主持人延长，同时查“[[centre.signs.title]]”。"],
            ["[[centre.alarms.releaseLate]]", "给没有释放的保管人打电话。"],
            ["[[centre.alarms.agentSilent]]", "通知该保管人检查代理，或到时手工释放。"],
            ["[[centre.alarms.rescueAsked]]", "通知监督人员，剩余时间在其页面上。"],
            ["[[centre.alarms.quorum]]", "见证人没有联署，请监督部门决定是否继续。"],
          ],
        },
      ],
    },
    {
      id: "desk",
      title: "求助台",
      parts: [
        {
          steps: [
            "新求助出现在 [[common.desk]]，写明等了多久。打开诊断记录看时钟、浏览器、证书、失败原因。",
            "写答复，或选一条 [[centre.desk.canned]] 再改，点 [[centre.desk.sending]]。对方的页面立即显示。",
            "需要时间的，请主持人延长；证书坏了的，提醒对方用备用钥匙或申请补救。",
          ],
        },
        { picture: "desk", shows: "一个求助和它的诊断记录" },
        "开标前来联系的，不一定投标：请不要问对方是否投标、报价多少。开标后的求助和答复会写入开标记录，随记录公布。",
      ],
    },
    {
      id: "takeover",
      title: "接管主持",
      parts: [
        {
          steps: [
            "主持人失联或证书不能用时，在看板的卡片上点 [[centre.take.name]]，写明理由，确认。",
            "点 [[centre.board.console]]，按[招标人一章](/manual/host#console)继续。",
          ],
        },
        "接管和理由向全场公布，记入开标记录。原主持人不能再操作，除非您移交回去。",
      ],
    },
    {
      id: "ratings",
      title: "服务评价",
      parts: ["在 [[common.ratings]] 看各项目的评分和意见。点 [[centre.ratings.lowOnly]]，逐条回访。评价在开标结束后 30 天内可以提交。"],
    },
    {
      id: "figures",
      title: "统计",
      parts: [
        "在 [[common.figures]] 选起止月份，点 [[figures.show]]：各月开标结果、解密率、失败原因、各 CA 的情况、求助、延时和平台中断。只统计已经结束的标段；不足 3 份的只计数，以免看出某一家。可以打印，或点 [[figures.csv.months]]。",
      ],
    },
    {
      id: "platform",
      title: "平台异常",
      parts: ["平台有异常时，相关人员的每个页面顶部都会显示。下面是各种提示的含义和处理。", { troubles: CODES }],
    },
    {
      id: "trouble",
      title: "出了问题",
      parts: [
        {
          pairs: [
            [
              "“[[common.doubt.title]]”",
              "管理员与国家授时中心核对时间，一致后点 [[common.doubt.confirm]]。此前平台不判定时间，耽误的会补回。",
            ],
            [
              "投标人说上传不了",
              "先看看板“[[centre.board.health]]”。平台正常的，请其做[环境检测](/check)、换网络；也可以把 .kbid 文件拿到别的电脑上递交。",
            ],
            ["投标人说没有收到回执", "没有回执就没有递交成功，请其原样再递交。不要替对方判断。"],
            ["平台中断了", "先恢复服务。中断由平台自己计量，时限自动顺延并写入记录；不要手工改时间。"],
            ["某家 CA 的吊销列表到期", "向 CA 取新列表放入信任目录；迟迟没有的，按提示准予旧列表继续使用，最长六小时。"],
            ["对方登录提示没有权限", "核对角色是否绑定、代码是否一致、证书是否由同一家 CA 签发。"],
            ["监督要求恢复数据", "备份恢复前先告知监督部门，尤其在开标时间与截止投标之间。"],
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
            ["开标时间之前", "看板只显示项目和时间，不显示投标人和数量。"],
            ["主持席", "招标人一方先坐；移交或接管之后，只有那一张证书可以主持。"],
            ["自动推进", "每一环节都有最长时限，到时自动进入下一环节。"],
            ["见证人", "平台以外的一方，联署平台的声明。条款要求几个，就须有几个。"],
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
            "中心的人员、平台的管理员都不能看到未开启的报价。",
            "谁绑定了什么角色、关联了哪家 CA、何时接管，都由证书签名，监督部门可查。",
            "掌握服务器的人技术上能够得知谁在何时递交，看不到内容。请由采购以外的人掌握服务器和密钥备份。",
          ],
        },
      ],
    },
  ],
} satisfies Chapter;
