import { LATITUDE_MAX, MAP_ZOOM_MIN, TILE_PIXELS, viewportAround, type Point, type Viewport } from '@porchlight/geo';
import { createDraws, type Draws } from './draws.ts';
import type { HomesInView, HomesIndex } from './homes-index.ts';
import type { Act, PlannedCall, PlannedView } from './planned-call.ts';
import { valueAt } from './quantile-table.ts';
import type { Move, ViewerClass, ViewerRole, Workload } from './workload.ts';
import type { ZoomRate } from './zoom-rates.ts';

/** The map on a screen, CSS pixels. */
export interface ScreenSize {
  widthPixels: number;
  heightPixels: number;
}

/** What a session starts from. */
export interface SessionStart {
  sessionId: string;
  seed: number;
  startAtMs: number;
  role: ViewerRole;
  viewerClass: ViewerClass;
  screen: ScreenSize;
  place: Point;
  zoom: number;
}

/** What every session shares. */
export interface Surroundings {
  workload: Workload;
  homes: HomesIndex;
  popularPlace: (draws: Draws) => Point;
  zoomRates: ReadonlyMap<number, ZoomRate>;
}

interface View {
  centre: Point;
  zoom: number;
}

/** Compass directions, in eighths of a turn. */
const DIRECTIONS = 8;

/** How often a pan that would end where nobody lives is drawn again before the viewer turns round. */
const PAN_TRIES_MAX = 8;

/** A single get comes after this part of the pause that follows the view, so that the answer is on the screen. */
const OPEN_AFTER_SHARE_MIN = 0.4;
const OPEN_AFTER_SHARE_MAX = 0.9;

/** One viewer, view by view. Pure: everything follows from the start. */
class Walk {
  readonly #around: Surroundings;
  readonly #draws: Draws;
  readonly #class: ViewerClass;
  readonly #screen: ScreenSize;
  readonly #seen: View[] = [];
  #view: View;
  #direction: number;
  #wasPan = true;

  constructor(start: SessionStart, around: Surroundings, draws: Draws) {
    this.#around = around;
    this.#draws = draws;
    this.#class = start.viewerClass;
    this.#screen = start.screen;
    this.#direction = draws.below(DIRECTIONS);
    this.#view = { centre: start.place, zoom: start.zoom };
  }

  get view(): View {
    return this.#view;
  }

  get viewport(): Viewport {
    const { widthPixels, heightPixels } = this.#screen;
    return viewportAround(this.#view.centre, { zoom: this.#view.zoom, widthPixels, heightPixels });
  }

  /** Moves on. @returns what was done */
  next(): Act {
    this.#seen.push(this.#view);
    const { jumpShares, returnShare } = this.#around.workload;
    if (this.#draws.chance(jumpShares[this.#class])) return this.#jump();
    if (this.#class === 'serious' && this.#draws.chance(returnShare)) return this.#return();
    const move = this.#drawMove();
    this.#wasPan = move === 'pan';
    if (move === 'pan') this.#pan();
    else this.#zoom(move);
    return move;
  }

  #jump(): Act {
    this.#view = { centre: this.#around.popularPlace(this.#draws), zoom: this.#view.zoom };
    return 'jump';
  }

  #return(): Act {
    this.#view = this.#seen[this.#draws.below(this.#seen.length)] ?? this.#view;
    return 'return';
  }

  /** Pan or zoom by what the last action was; in or out by the level. */
  #drawMove(): Move {
    const { panShare, panShareAfterPan, panShareAfterZoom } = this.#around.workload;
    const rate = this.#around.zoomRates.get(this.#view.zoom) ?? { in: 0, out: 0 };
    const usual = 1 - panShare;
    const now = 1 - (this.#wasPan ? panShareAfterPan : panShareAfterZoom);
    const zooms = Math.min(1, ((rate.in + rate.out) * now) / usual);
    if (!this.#draws.chance(zooms)) return 'pan';
    return this.#draws.chance(rate.in / (rate.in + rate.out)) ? 'zoom-in' : 'zoom-out';
  }

  #pan(): void {
    const { panPersistence, panStepMin, panStepMax } = this.#around.workload;
    const keeps = this.#draws.chance(panPersistence);
    let direction = keeps ? this.#direction : this.#turned();
    for (let tries = 0; tries < PAN_TRIES_MAX; tries += 1) {
      const step = panStepMin + (panStepMax - panStepMin) * this.#draws.uniform();
      const centre = this.#panned(direction, step);
      if (this.#around.homes.isSettled(centre)) {
        this.#direction = direction;
        this.#view = { centre, zoom: this.#view.zoom };
        return;
      }
      direction = this.#draws.below(DIRECTIONS);
    }
    this.#return();
  }

  /** Another direction, but not straight back: to go back is a return. */
  #turned(): number {
    const back = DIRECTIONS / 2;
    const turn = 1 + this.#draws.below(DIRECTIONS - 2);
    return (this.#direction + (turn < back ? turn : turn + 1)) % DIRECTIONS;
  }

  /** The centre after a step of so many viewports; a diagonal goes along both sides. */
  #panned(direction: number, viewports: number): Point {
    const { widthPixels, heightPixels } = this.#screen;
    const angle = (direction * 2 * Math.PI) / DIRECTIONS;
    const east = Math.round(Math.cos(angle)) * widthPixels * viewports;
    const south = Math.round(Math.sin(angle)) * heightPixels * viewports;
    return movedBy(this.#view, { east, south });
  }

  /** In towards a home under the pointer, out around a place under it, which keep their place on the screen. */
  #zoom(move: 'zoom-in' | 'zoom-out'): void {
    const { centre, zoom } = this.#view;
    if (move === 'zoom-out') {
      const { widthPixels, heightPixels } = this.#screen;
      const away = {
        east: (this.#draws.uniform() - 0.5) * widthPixels,
        south: (this.#draws.uniform() - 0.5) * heightPixels,
      };
      this.#view = { centre: movedBy(this.#view, away), zoom: zoom - 1 };
      return;
    }
    const inView = this.#around.homes.homesIn(this.viewport, 1);
    const target = inView.total === 0 ? centre : this.#around.homes.placeOf(inView.any(this.#draws.uniform()));
    this.#view = {
      centre: {
        latitude: (centre.latitude + target.latitude) / 2,
        longitude: (centre.longitude + target.longitude) / 2,
      },
      zoom: zoom + 1,
    };
  }
}

/** Moves a view's centre by pixels; good to a hair over a few viewports, since Mercator keeps angles. */
function movedBy({ centre, zoom }: View, pixels: { east: number; south: number }): Point {
  const degreesAPixel = 360 / (TILE_PIXELS * 2 ** zoom);
  const latitude = centre.latitude - pixels.south * degreesAPixel * Math.cos((centre.latitude * Math.PI) / 180);
  const longitude = centre.longitude + pixels.east * degreesAPixel;
  return {
    latitude: Math.min(LATITUDE_MAX, Math.max(-LATITUDE_MAX, latitude)),
    longitude: longitude > 180 ? longitude - 360 : longitude < -180 ? longitude + 360 : longitude,
  };
}

function homeToOpen(inView: HomesInView, drawnHomeShare: number, draws: Draws): number {
  if (!draws.chance(drawnHomeShare)) return inView.any(draws.uniform());
  return inView.shown[draws.below(inView.shown.length)] ?? 0;
}

/**
 * The calls of one session in order of time: a view after each action, and now and then a home that is opened.
 *
 * One action is one view, as long as gaps are above the 150 ms of rest after which a client asks.
 */
export function* walkSession(start: SessionStart, around: Surroundings): Generator<PlannedCall> {
  const { workload, homes } = around;
  const draws = createDraws(start.seed);
  const { sessionId, role } = start;
  const walk = new Walk(start, around, draws);
  const actions = Math.round(valueAt(workload.actionsPerSession, draws.uniform()));
  let atMs = start.startAtMs;
  for (let action = 0; action < actions; action += 1) {
    const act = action === 0 ? 'start' : walk.next();
    const { zoom } = walk.view;
    const { viewport } = walk;
    const kind: PlannedView['kind'] = zoom < MAP_ZOOM_MIN ? 'density' : 'map';
    yield { kind, atMs, sessionId, role, act, viewport, zoom, limit: workload.mapLimit };
    const gapMs = valueAt(workload.gapMs, draws.uniform());
    if (kind === 'map' && draws.chance(workload.singleAfterMapShare)) {
      const inView = homes.homesIn(viewport, workload.mapLimit);
      const share = OPEN_AFTER_SHARE_MIN + (OPEN_AFTER_SHARE_MAX - OPEN_AFTER_SHARE_MIN) * draws.uniform();
      if (inView.total > 0) {
        const propertyId = homes.idOf(homeToOpen(inView, workload.drawnHomeShare, draws));
        yield { kind: 'single', atMs: atMs + gapMs * share, sessionId, role, propertyId };
      }
    }
    atMs += gapMs;
  }
}
