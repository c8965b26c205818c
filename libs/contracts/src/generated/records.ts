// Generated from schemas/*.avsc. Do not edit: `node libs/contracts/src/generate.ts`.

/** The new figures. */
export interface UpdatedEstimate {
  /** The estimate, whole US dollars. A safe integer. */
  valueUsd: number;
  /** Lower end of its interval, whole US dollars. A safe integer. */
  lowUsd: number;
  /** Upper end of its interval, whole US dollars. A safe integer. */
  highUsd: number;
  /** When the valuation team computed it. UTC milliseconds. */
  computedAt: number;
}

/** The valuation team computed a home anew, or withdrew its estimate. Written only after the upstream API serves it. */
export interface EstimateUpdated {
  /** The home; matches ^[A-Za-z0-9_-]{1,64}$; also the record's key. */
  propertyId: string;
  /** Strictly increasing for each home, 1..2^53-1; the same number as in the upstream API. A safe integer. */
  estimateVersion: number;
  /** The new estimate; null: withdrawn. */
  estimate: UpdatedEstimate | null;
}

/** Whether a home is for sale. A symbol that a reader does not know becomes `unknown`, which nobody may see. */
export type ListingStatus = 'unknown' | 'active' | 'off_market';

/** A home changed its listing status or its MLS. Published by catalog-relay. */
export interface ListingStatusChanged {
  /** The home; matches ^[A-Za-z0-9_-]{1,64}$; also the record's key. */
  propertyId: string;
  /** The home's version after this change, 1..2^53-1. A safe integer. */
  visibilityVersion: number;
  /** The status after the change. */
  status: ListingStatus;
  /** The MLS after the change; null: none. */
  mlsId: string | null;
  /** When the change was made, by the clock of the PostgreSQL primary. UTC milliseconds. */
  changedAt: number;
}

/** What is on the screen, WGS 84 degrees; west > east crosses the antimeridian. */
export interface Viewport {
  /** Western edge, -180..180. */
  west: number;
  /** Southern edge, -85.0511..85.0511. */
  south: number;
  /** Eastern edge, -180..180. */
  east: number;
  /** Northern edge, -85.0511..85.0511. */
  north: number;
}

/** A viewer's map came to rest (150 ms) and was answered. Published by estimate-api. */
export interface ViewportViewed {
  /** UUIDv7 of this event. */
  eventId: string;
  /** HMAC of the viewer's session id, or a random key where there is none; also the record's key. Never the id itself. */
  sessionKey: string;
  /** The viewport that was answered. */
  viewport: Viewport;
  /** Zoom of the map, 0..22. */
  zoom: number;
  /** The first homes in view in order of id, at most 500. */
  propertyIds: string[];
  /** Homes answered from the cache. */
  hitCount: number;
  /** Of these, homes whose cached value a warm-up wrote last. */
  warmedHitCount: number;
  /** Homes that were not cached. */
  missedCount: number;
  /** Of these, homes not answered before the deadline. */
  pendingCount: number;
  /** When the call was answered, by the API's clock. UTC milliseconds. */
  viewedAt: number;
}

/** Where a session's map came to rest last. State of the forecaster, by session; nobody else reads it. */
export interface SessionView {
  /** The viewport that was answered. */
  viewport: Viewport;
  /** Zoom of the map, 0..22. */
  zoom: number;
  /** When it was answered, by the API's clock. UTC milliseconds. */
  viewedAt: number;
  /** Viewports of this session that were forecast so far, this one included. */
  viewCount: number;
}

/** The lowest viewer role that may see an estimate, lowest first; `nobody` is no role. A symbol that a reader does not know becomes `unknown`, which counts as `nobody`. */
export type Level = 'unknown' | 'unregistered' | 'registered' | 'verified' | 'agent' | 'nobody';

/** An MLS changed who may see the estimates of its homes. Published by catalog-relay; compacted. */
export interface MlsRuleChanged {
  /** The MLS; matches ^[A-Za-z0-9_-]{1,64}$; also the record's key. */
  mlsId: string;
  /** Version of the rule, 1..2^53-1, strictly increasing for each MLS. A safe integer. */
  ruleVersion: number;
  /** Who may see homes that are for sale. */
  activeLevel: Level;
  /** Who may see homes that are not. */
  offMarketLevel: Level;
  /** When the change was made, by the clock of the PostgreSQL primary. UTC milliseconds. */
  changedAt: number;
}

/** A seller restricted a home, or lifted the restriction. Published by catalog-relay. */
export interface SellerOverrideChanged {
  /** The home; matches ^[A-Za-z0-9_-]{1,64}$; also the record's key. */
  propertyId: string;
  /** The home's version after this change, 1..2^53-1. A safe integer. */
  visibilityVersion: number;
  /** The restriction; null: none. */
  level: Level | null;
  /** When the change was made, by the clock of the PostgreSQL primary. UTC milliseconds. */
  changedAt: number;
}

/** Homes of one tile that are likely to be needed soon. Published by forecaster. */
export interface WarmupCandidates {
  /** Names the forecast; derived from the input record, so that a replay repeats it. */
  forecastId: string;
  /** The forecast strategy that chose the tile. */
  strategy: string;
  /** zoom/x/y, web Mercator; also the record's key. */
  tile: string;
  /** Which part of the tile's homes this is, from 0. */
  chunk: number;
  /** Homes of the tile, at most 100. */
  propertyIds: string[];
  /** Estimated probability that the tile is needed before the deadline, 0..1. */
  probability: number;
  /** When the viewport was answered that led to this. UTC milliseconds. */
  viewedAt: number;
  /** Work after this instant is not worth doing. UTC milliseconds. */
  deadlineAt: number;
}

/** The right to fill one home once: the cache takes a fill only while this epoch stands. */
export interface Ticket {
  /** The home's epoch when the ticket was drawn; every invalidation replaces it. */
  epoch: string;
  /** Names the holder of the lease; for warm-ups a hash of topic, partition, offset and home. */
  nonce: string;
  /** When the ticket was drawn, by the clock of Redis. UTC milliseconds. */
  acquiredAt: number;
  /** For a refresh of a cached home: the soft expiry that was seen; null: the home was absent. UTC milliseconds. */
  seenSoftExpiryAt: number | null;
}

/** What decides who may see one home, read from the primary by one statement, after the ticket was drawn. */
export interface Facts {
  /** Version of these facts, 1..2^53-1; raised by one at each change of status, MLS or override, never restarted. A safe integer. */
  visibilityVersion: number;
  /** Listing status. */
  status: ListingStatus;
  /** The MLS whose rule applies (matches ^[A-Za-z0-9_-]{1,64}$); null: no MLS rule. */
  mlsId: string | null;
  /** The seller's own restriction; null: none. */
  overrideLevel: Level | null;
  /** When the facts were read, by the clock of the PostgreSQL primary. UTC milliseconds. */
  checkedAt: number;
}

/** An automated valuation of one home. */
export interface Estimate {
  /** Strictly increasing for each home, 1..2^53-1; the same number in the upstream API and in estimate.updated. A safe integer. */
  estimateVersion: number;
  /** The estimate, whole US dollars. A safe integer. */
  valueUsd: number;
  /** Lower end of its interval, whole US dollars. A safe integer. */
  lowUsd: number;
  /** Upper end of its interval, whole US dollars. A safe integer. */
  highUsd: number;
  /** When the valuation team computed it. UTC milliseconds. */
  computedAt: number;
}

/** One home that was fetched. */
export interface FetchedHome {
  /** The home; matches ^[A-Za-z0-9_-]{1,64}$. */
  propertyId: string;
  /** The right to fill it once. */
  ticket: Ticket;
  /** Its facts, read after the ticket was drawn. */
  facts: Facts;
  /** What upstream answered; null: there is no estimate. */
  estimate: Estimate | null;
  /** When upstream answered, by the fetcher's clock. UTC milliseconds. */
  fetchedAt: number;
}

/** Fetched estimates on their way into the cache. Published by data-fetcher. */
export interface WarmupEstimates {
  /** The forecast that these come from. */
  forecastId: string;
  /** zoom/x/y; also the record's key. */
  tile: string;
  /** The homes, at most 100. */
  items: FetchedHome[];
  /** When the viewport was answered that led to this. UTC milliseconds. */
  viewedAt: number;
  /** When upstream was asked, by the fetcher's clock: fetchedAt less this is the paid call, which is not the pipeline's own time. null: not known. UTC milliseconds. */
  askedAt: number | null;
}

/** One home to fetch. */
export interface RequestedHome {
  /** The home; matches ^[A-Za-z0-9_-]{1,64}$. */
  propertyId: string;
  /** The right to fill it once. */
  ticket: Ticket;
  /** Its facts, read after the ticket was drawn. */
  facts: Facts;
}

/** Homes of one tile that are worth fetching, each with a ticket. Published by request-filter. */
export interface WarmupRequests {
  /** The forecast that these come from. */
  forecastId: string;
  /** zoom/x/y; also the record's key. */
  tile: string;
  /** The homes, at most 100. */
  items: RequestedHome[];
  /** When the viewport was answered that led to this. UTC milliseconds. */
  viewedAt: number;
  /** Work after this instant is not worth doing. UTC milliseconds. */
  deadlineAt: number;
}
