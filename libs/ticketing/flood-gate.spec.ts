import { FloodGate } from './flood-gate.js';

const START = Date.UTC(2026, 10, 3, 9);

/** A machine that sends without end fills nobody's inbox; whoever writes often does not notice the gate. */
describe('the flood gate', () => {
  const mail = (nth: number, secondsLater = 0, person = 'a') => ({
    person,
    deliveryId: `${person}${String(nth)}`,
    arrivedAt: new Date(START + secondsLater * 1000),
  });

  it('lets sixty mails in ten minutes through, and no more', () => {
    const gate = new FloodGate();
    const through = Array.from({ length: 100 }, (_, nth) => gate.isFlood(mail(nth, nth))).filter((isFlood) => !isFlood);
    expect(through).toHaveLength(60);
  });

  it('lets the same person through again when ten minutes have passed', () => {
    const gate = new FloodGate();
    for (let nth = 0; nth < 100; nth++) gate.isFlood(mail(nth));
    expect(gate.isFlood(mail(200, 599))).toBe(true);
    expect(gate.isFlood(mail(201, 601))).toBe(false);
  });

  it('counts a mail that is read again once, also when it stood at the limit', () => {
    const gate = new FloodGate();
    for (let nth = 0; nth < 60; nth++) gate.isFlood(mail(nth));
    for (let again = 0; again < 5; again++) expect(gate.isFlood(mail(59))).toBe(false);
    expect(gate.isFlood(mail(60))).toBe(true);
  });

  it('counts each person by himself', () => {
    const gate = new FloodGate();
    for (let nth = 0; nth < 61; nth++) gate.isFlood(mail(nth));
    expect(gate.isFlood(mail(0, 0, 'b'))).toBe(false);
  });

  it('does not take a backlog for a flood that arrived over days', () => {
    const gate = new FloodGate();
    const days = Array.from({ length: 300 }, (_, nth) => gate.isFlood(mail(nth, nth * 60 * 20)));
    expect(days.some((isFlood) => isFlood)).toBe(false);
  });
});
