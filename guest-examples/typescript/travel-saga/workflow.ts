import { book } from "./travel";

export async function travel(trip: string): Promise<string[]> {
  return book(trip, "economy");
}
