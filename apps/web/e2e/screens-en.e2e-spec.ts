import { everyScreen } from './every-screen.js';

/** Every screen, on a phone, a small and a large desk, light and dark: readable, operable by all, and nothing sticks out. */
describe('every screen in English', () => {
  everyScreen('en', 'en-GB');
});
