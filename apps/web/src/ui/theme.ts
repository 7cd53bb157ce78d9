import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

// Mantine wants ten shades; the desk has one accent that follows the theme by itself. All ten are it.
const accent = Array.from({ length: 10 }, () => 'var(--accent)') as unknown as MantineColorsTuple;

const QUICK_MS = 120;
const motion = { transition: 'fade', duration: QUICK_MS } as const;

const field = { withAsterisk: false, inputWrapperOrder: ['label', 'input', 'error', 'description'] };

/** Mantine, told to use the desk's tokens. */
export const theme = createTheme({
  primaryColor: 'accent',
  colors: { accent },
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--font-code)',
  fontSizes: { xs: 'var(--text-s)', sm: 'var(--text)', md: 'var(--text)', lg: 'var(--text-l)', xl: 'var(--text-xl)' },
  radius: { xs: '4px', sm: 'var(--round-s)', md: 'var(--round)', lg: 'var(--round-l)', xl: '16px' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
  components: {
    Button: { defaultProps: { size: 'xs' }, styles: { root: { fontSize: 'var(--text-m)', fontWeight: 550 } } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 30 } },
    // What is optional says so; a star on everything else would only be noise.
    TextInput: { defaultProps: field },
    PasswordInput: { defaultProps: field },
    NativeSelect: { defaultProps: field },
    Textarea: { defaultProps: field },
    Menu: { defaultProps: { transitionProps: motion, shadow: 'md', position: 'bottom-end' } },
    Modal: { defaultProps: { transitionProps: motion, centered: true } },
    Drawer: { defaultProps: { transitionProps: motion } },
    Notification: { defaultProps: { withBorder: true } },
  },
});

const resolved = {
  '--mantine-color-body': 'var(--sheet)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-bright': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--ink-faint)',
  '--mantine-color-placeholder': 'var(--ink-faint)',
  '--mantine-color-anchor': 'var(--accent-ink)',
  '--mantine-color-error': 'var(--bad)',
  '--mantine-color-success': 'var(--good)',
  '--mantine-color-default': 'var(--sheet)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-color': 'var(--ink)',
  '--mantine-color-default-border': 'var(--line-strong)',
  '--mantine-color-disabled': 'var(--sunken)',
  '--mantine-color-disabled-color': 'var(--ink-faint)',
  '--mantine-color-disabled-border': 'var(--line)',
  '--mantine-primary-color-filled': 'var(--accent)',
  '--mantine-primary-color-filled-hover': 'var(--accent-strong)',
  '--mantine-primary-color-contrast': 'var(--on-accent)',
  '--mantine-color-accent-filled': 'var(--accent)',
  '--mantine-color-accent-filled-hover': 'var(--accent-strong)',
  '--mantine-color-accent-contrast': 'var(--on-accent)',
  '--mantine-color-accent-light': 'var(--accent-wash)',
  '--mantine-color-accent-light-hover': 'var(--accent-line)',
  '--mantine-color-accent-light-color': 'var(--accent-ink)',
  '--mantine-color-accent-outline': 'var(--accent)',
  '--mantine-color-accent-text': 'var(--accent-ink)',
  '--mantine-color-white': 'var(--on-accent)',
  '--mantine-color-red-filled': 'var(--bad)',
  '--mantine-color-red-light': 'var(--bad-wash)',
  '--mantine-color-red-light-hover': 'var(--bad-line)',
  '--mantine-color-red-light-color': 'var(--bad)',
  '--mantine-color-gray-text': 'var(--ink-soft)',
  '--mantine-color-gray-light-color': 'var(--ink-soft)',
  '--mantine-color-gray-light-hover': 'var(--hover)',
};

/** Mantine's own variables, pointed at the tokens; the tokens know light from dark themselves. */
export const cssVariables: CSSVariablesResolver = () => ({ variables: {}, light: resolved, dark: resolved });
