/** No cache between us and a viewer keeps an answer ... */
export const CACHE_CONTROL = 'private, no-store';

/** ... and one that does all the same must not give it to another role, or to who asks for another form. */
export const VARY = 'accept, authorization, x-viewer-role';
