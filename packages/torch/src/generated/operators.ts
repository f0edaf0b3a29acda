// Made by tools/generate-operators.mjs from libtorch's schemas. Do not edit.
import type { OperatorsA } from "./operators-a.js";
import type { OperatorsB } from "./operators-b.js";
import type { OperatorsC } from "./operators-c.js";
import type { OperatorsD } from "./operators-d.js";
import type { OperatorsE } from "./operators-e.js";
import type { OperatorsF } from "./operators-f.js";
import type { OperatorsFOREACH } from "./operators-foreach.js";
import type { OperatorsG } from "./operators-g.js";
import type { OperatorsH } from "./operators-h.js";
import type { OperatorsI } from "./operators-i.js";
import type { OperatorsK } from "./operators-k.js";
import type { OperatorsL } from "./operators-l.js";
import type { OperatorsM } from "./operators-m.js";
import type { OperatorsN } from "./operators-n.js";
import type { OperatorsO } from "./operators-o.js";
import type { OperatorsP } from "./operators-p.js";
import type { OperatorsQ } from "./operators-q.js";
import type { OperatorsR } from "./operators-r.js";
import type { OperatorsS } from "./operators-s.js";
import type { OperatorsT } from "./operators-t.js";
import type { OperatorsU } from "./operators-u.js";
import type { OperatorsV } from "./operators-v.js";
import type { OperatorsW } from "./operators-w.js";
import type { OperatorsX } from "./operators-x.js";
import type { OperatorsZ } from "./operators-z.js";

export interface Operators
  extends OperatorsA,
    OperatorsB,
    OperatorsC,
    OperatorsD,
    OperatorsE,
    OperatorsF,
    OperatorsFOREACH,
    OperatorsG,
    OperatorsH,
    OperatorsI,
    OperatorsK,
    OperatorsL,
    OperatorsM,
    OperatorsN,
    OperatorsO,
    OperatorsP,
    OperatorsQ,
    OperatorsR,
    OperatorsS,
    OperatorsT,
    OperatorsU,
    OperatorsV,
    OperatorsW,
    OperatorsX,
    OperatorsZ {}
