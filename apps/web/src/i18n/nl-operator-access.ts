import type { Wording } from './wording.js';
import type { enOperatorAccess } from './en-operator-access.js';

/** Meelezen door wie de installatie beheert. */
export const nlOperatorAccess: Wording<typeof enOperatorAccess> = {
  operatorAccess: {
    title: 'Meelezen door de beheerder',
    help: 'Wie deze Omnidesk voor jullie beheert ziet cijfers, en niets van wat jullie en je klanten zeggen. Je kunt de beheerder een tijdje laten meelezen, bijvoorbeeld om een storing uit te zoeken.',
    banner: 'De beheerder mag jullie gesprekken lezen tot {{date}}: {{reason}}',
    look: 'Bekijken of beëindigen',
    given: 'Wat jullie toestonden',
    none: 'De beheerder mag niets lezen, en heeft dat nooit gemogen.',
    live: 'mag nu lezen',
    until: 'Tot {{date}}',
    over: 'Liep af op {{date}}',
    endedAt: 'Beëindigd op {{date}}',
    by: 'Toegestaan door {{name}} op {{date}}',
    end: 'Nu beëindigen',
    endOf: 'Nu beëindigen: {{reason}}',
    endedNow: 'De beheerder kan niets meer lezen.',
    giveTitle: 'De beheerder laten meelezen',
    giveHelp:
      'De beheerder kan lezen en niets wijzigen. Elke keer staat in jullie logboek, met het gesprek en wie er keek. Je kunt het op elk moment beëindigen.',
    reason: 'Waarvoor',
    reasonHelp: 'De beheerder ziet dit, en je team ook.',
    hours: 'Hoe lang',
    hours_1: 'Een uur',
    hours_4: 'Vier uur',
    hours_24: 'Een dag',
    hours_72: 'Drie dagen',
    hours_168: 'Een week',
    give: 'De beheerder laten meelezen',
    givenNow: 'De beheerder mag nu meelezen.',
    ownersOnly: 'Alleen een eigenaar kan de beheerder laten meelezen, of dat beëindigen.',
  },
};
