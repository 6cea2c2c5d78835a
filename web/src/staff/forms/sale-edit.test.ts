// Only what was changed is sent, and nothing below what buyers have.
import { describe, expect, it } from "vitest";
import { AS_IT_IS, checkSaleEdit, saleEditForm } from "./sale-edit";

const NOW = 1_800_000_000_000;
const sale = { units: 20, per_person_max: 2, held: 3, sold: 5, version: 4 };
const form = (change = {}) => ({ ...saleEditForm(sale), ...change });

describe("a change of a sale", () => {
  it("is empty but for the version where nothing is another than it was", () => {
    expect(saleEditForm(sale)).toEqual({ units: "20", perPerson: "2", endsInMin: AS_IT_IS });
    expect(checkSaleEdit(form(), sale, NOW).body).toEqual({ version: 4 });
  });

  it("has what was changed alone", () => {
    expect(checkSaleEdit(form({ units: "30" }), sale, NOW).body).toEqual({ version: 4, units: 30 });
    expect(checkSaleEdit(form({ perPerson: " 5 " }), sale, NOW).body).toEqual({ version: 4, per_person_max: 5 });
    expect(checkSaleEdit(form({ endsInMin: 0 }), sale, NOW).body).toEqual({ version: 4, closes_at: null });
    expect(checkSaleEdit(form({ endsInMin: 10 }), sale, NOW + 0.4).body).toEqual({
      version: 4,
      closes_at: NOW + 600_000,
    });
  });

  it("goes down to what is held and sold, and no further", () => {
    expect(checkSaleEdit(form({ units: "8" }), sale, NOW).body).toEqual({ version: 4, units: 8 });
    expect(checkSaleEdit(form({ units: "7" }), sale, NOW).faults).toEqual({ units: "below_taken" });
  });

  it.each([
    [{ units: "" }, { units: "required" }],
    [{ units: "0" }, { units: "out_of_range" }],
    [{ units: "1.5" }, { units: "not_a_number" }],
    [{ perPerson: "0" }, { perPerson: "out_of_range" }],
    [{ perPerson: "many" }, { perPerson: "not_a_number" }],
  ])("is refused as %o", (change, faults) => {
    expect(checkSaleEdit(form(change), sale, NOW)).toEqual({ body: null, faults });
  });

  it("waits until it is known how the sale stands", () => {
    expect(checkSaleEdit(form({ units: "30" }), null, NOW).body).toBeNull();
  });
});
