/** Latitude and longitude in degrees, by IATA code. */
const AIRPORTS = {
  LHR: [51.47, -0.45],
  JFK: [40.64, -73.78],
  SFO: [37.62, -122.38],
  ORD: [41.98, -87.9],
  YYZ: [43.68, -79.63],
  DXB: [25.25, 55.36],
  SIN: [1.36, 103.99],
  HND: [35.55, 139.78],
  DEL: [28.57, 77.1],
  JNB: [-26.14, 28.25],
  CDG: [49.01, 2.55],
  FRA: [50.03, 8.57],
  MAD: [40.47, -3.57],
  FCO: [41.8, 12.25],
  ATH: [37.94, 23.95],
  ARN: [59.65, 17.92],
  CPH: [55.62, 12.66],
  VIE: [48.11, 16.57],
  WAW: [52.17, 20.97],
  LIS: [38.78, -9.14],
  OSL: [60.19, 11.1],
  HEL: [60.32, 24.96],
  GLA: [55.87, -4.43],
  INV: [57.54, -4.05],
  ABZ: [57.2, -2.2],
  KOI: [58.96, -2.9],
  LSI: [59.88, -1.3],
  SYY: [58.22, -6.33],
  BRR: [57.02, -7.44],
  TRE: [56.5, -6.87],
} as const;

export type Airport = keyof typeof AIRPORTS;

const EARTH_RADIUS_KM = 6371;

/** Great-circle distance in kilometres. */
export function distance(from: Airport, to: Airport): number {
  const [latitude, longitude] = radians(from);
  const [otherLatitude, otherLongitude] = radians(to);
  const haversine =
    Math.sin((otherLatitude - latitude) / 2) ** 2 +
    Math.cos(latitude) * Math.cos(otherLatitude) * Math.sin((otherLongitude - longitude) / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(haversine));
}

function radians(airport: Airport): [number, number] {
  const [latitude, longitude] = AIRPORTS[airport];
  return [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
}
