/** Every screen has an address; a reload comes back to it. */
import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";

const routes: RouteRecordRaw[] = [
  // Everybody
  { path: "/", name: "openings", component: () => import("./views/public/Openings.vue") },
  { path: "/projects/:project", name: "project", component: () => import("./views/public/Project.vue"), props: true },
  { path: "/projects/:project/hall", name: "hall", component: () => import("./views/public/Hall.vue"), props: true },
  { path: "/projects/:project/screen", name: "screen", component: () => import("./views/public/Screen.vue"), props: true },
  { path: "/projects/:project/lots/:lot/record", name: "record", component: () => import("./views/public/Record.vue"), props: true },
  {
    path: "/projects/:project/complaints",
    name: "complaints",
    component: () => import("./views/complaints/ProjectComplaints.vue"),
    props: true,
  },
  { path: "/receipt", name: "check-receipt", component: () => import("./views/receipt/Page.vue") },
  { path: "/verify", name: "verify-bundle", component: () => import("./views/verify/Page.vue") },
  { path: "/check", name: "check", component: () => import("./views/public/Check.vue") },
  { path: "/account", name: "account", component: () => import("./views/account/Account.vue"), meta: { roles: [] } },
  { path: "/manual/:role?", name: "manual", component: () => import("./views/manual/Manual.vue"), props: true },
  { path: "/login", name: "login", component: () => import("./views/public/Login.vue") },
  // Bidder
  { path: "/bidder", name: "bidder", component: () => import("./views/bidder/Projects.vue"), meta: { roles: ["bidder"] } },
  { path: "/bidder/consent", name: "consent", component: () => import("./views/bidder/Consent.vue") },
  { path: "/bidder/:project/lots/:lot/prepare", name: "prepare", component: () => import("./views/bidder/Prepare.vue"), props: true },
  {
    path: "/bidder/:project/lots/:lot/receipt/:bid",
    name: "receipt",
    component: () => import("./views/bidder/Receipt.vue"),
    props: true,
    meta: { roles: ["bidder"] },
  },
  { path: "/tool", name: "tool", component: () => import("./views/bidder/Tool.vue") },
  // Host
  { path: "/host", name: "host", component: () => import("./views/host/Projects.vue"), meta: { roles: ["host"] } },
  { path: "/host/new", name: "new-project", component: () => import("./views/host/Wizard.vue"), meta: { roles: ["host"] } },
  {
    path: "/host/:project/edit",
    name: "edit-project",
    component: () => import("./views/host/Wizard.vue"),
    props: true,
    meta: { roles: ["host"] },
  },
  {
    path: "/host/:project",
    name: "manage",
    component: () => import("./views/host/Manage.vue"),
    props: true,
    meta: { roles: ["host", "centre"] },
  },
  {
    path: "/host/:project/console",
    name: "console",
    component: () => import("./views/host/Console.vue"),
    props: true,
    meta: { roles: ["host", "centre"] },
  },
  // Centre
  { path: "/centre", name: "board", component: () => import("./views/centre/Board.vue"), meta: { roles: ["centre", "administrator"] } },
  { path: "/centre/help", name: "desk", component: () => import("./views/centre/HelpDesk.vue"), meta: { roles: ["centre"] } },
  {
    path: "/centre/accounts",
    name: "accounts",
    component: () => import("./views/centre/Accounts.vue"),
    meta: { roles: ["administrator", "centre"] },
  },
  {
    path: "/centre/ratings",
    name: "ratings",
    component: () => import("./views/centre/Ratings.vue"),
    meta: { roles: ["centre", "administrator"] },
  },
  {
    path: "/centre/figures",
    name: "figures",
    component: () => import("./views/centre/Figures.vue"),
    meta: { roles: ["centre", "supervisor"] },
  },
  // Custodian and supervisor
  {
    path: "/custodian",
    name: "custodian",
    component: () => import("./views/custodian/Duties.vue"),
    meta: { roles: ["host", "centre", "supervisor", "bidder"] },
  },
  {
    path: "/custodian/:project",
    name: "custody",
    component: () => import("./views/custodian/Custody.vue"),
    props: true,
    meta: { roles: ["host", "centre", "supervisor", "bidder"] },
  },
  { path: "/supervisor", name: "supervisor", component: () => import("./views/supervisor/Openings.vue"), meta: { roles: ["supervisor"] } },
  {
    path: "/audit",
    name: "audit",
    component: () => import("./views/audit/PlatformAudit.vue"),
    meta: { roles: ["supervisor"] },
  },
  {
    path: "/supervisor/complaints",
    name: "complaint-list",
    component: () => import("./views/complaints/ComplaintList.vue"),
    meta: { roles: ["supervisor"] },
  },
  {
    path: "/supervisor/:project",
    name: "supervision",
    component: () => import("./views/supervisor/Supervision.vue"),
    props: true,
    meta: { roles: ["supervisor"] },
  },
  { path: "/:rest(.*)*", name: "nothing", component: () => import("./views/public/Nothing.vue") },
];

export const router = createRouter({
  history: createWebHistory(),
  routes,
  // A screen goes to the part that an address names itself, once it is there.
  scrollBehavior: (to, _from, saved) => saved ?? (to.hash ? false : { top: 0 }),
});
