import consoles from "./host/console";
import faults from "./host/faults";
import manage from "./host/manage";
import wizard from "./host/wizard";

export default { ...wizard, fault: faults, manage, console: consoles };
