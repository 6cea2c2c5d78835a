/** The reducers of one module: what its control messages make of a room's view. Pure; the same rules as on the server. */
import type { ControlData, RoomView } from "../wire";

/** How much a view's lists may hold in this installation, by name, as the snapshot says. */
export type Bounds = Readonly<Record<string, number>>;

export type Type = ControlData["type"];
export type Reducer<Data> = (view: RoomView, data: Data, bounds: Bounds) => RoomView;
export type Reducers = { readonly [T in Type]?: Reducer<Extract<ControlData, { type: T }>> };
