export const NEW_FLIGHT = {
  flightNumber: "GH117",
  origin: "LHR",
  destination: "JFK",
  departure: "2027-03-01T09:00:00Z",
  arrival: "2027-03-01T17:00:00Z",
  aircraft: "A359",
  seats: 320,
  fare: { amount: 45900, currency: "GBP" },
} as const;
