export { City, type CityHome } from './city.ts';
export { densityOfTiles, unitsAtOnePointMax, type TileDensity } from './density.ts';
export { CITY_HOMES_MAX, generateCity } from './generate-city.ts';
export { cityLife, type CityLifeOptions, type LifeTally } from './city-life.ts';
export { lifeKinds, realRates, type LifeKind, type LifeRates } from './life-rates.ts';
export { loadCity, type CityLoad, type LoadCityOptions, type LoadProgress } from './load-city.ts';
export { CITY_SHARES } from './home-facts.ts';
export { type CityRule } from './mls-areas.ts';
