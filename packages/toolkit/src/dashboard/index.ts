/** The live page of training runs. */
export { type Dashboard, type DashboardOptions, startDashboard } from "./start-dashboard.js";
