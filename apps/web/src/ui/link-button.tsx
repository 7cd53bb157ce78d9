import { ActionIcon, type ActionIconProps, Button, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, Ref } from 'react';

type AnchorProps<Props> = Props & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof Props> & { ref?: Ref<HTMLAnchorElement> };

/** Goes somewhere, looks like a button. A real link: it can be opened in a tab of its own. */
export const LinkButton = createLink((props: AnchorProps<ButtonProps>) => <Button component="a" {...props} />);

/** The same for a button that is only a sign; it needs an `aria-label`. */
export const LinkIcon = createLink((props: AnchorProps<ActionIconProps>) => <ActionIcon component="a" {...props} />);
