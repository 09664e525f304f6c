"""The style sheet of the chat: only the terminal's own colours, as few lines as will do."""

STYLE_SHEET = """
Screen { layout: vertical; }

#main { height: 1fr; }

ConversationList {
    width: 24; height: 1fr; max-height: 100%;
    border: none; border-right: solid ansi_bright_black; padding: 0;
    background: ansi_default;
}
ConversationList:focus { border: none; border-right: solid ansi_cyan; }
ConversationList > .option-list--option { padding: 0; }
ConversationList > .option-list--option-highlighted,
ConversationList:focus > .option-list--option-highlighted {
    color: ansi_default; background: ansi_default;
}
Board.-without-list ConversationList { display: none; }
Board.-only-list ConversationList { width: 1fr; border: none; }
Board.-only-list #conversation { display: none; }

#conversation { width: 1fr; height: 1fr; }

Bar { height: 1; padding: 0 1; }
#told { height: auto; max-height: 40%; padding: 0 1; border-top: solid ansi_red; }
#heading { border-bottom: solid ansi_bright_black; height: 2; }

History {
    height: 1fr; padding: 0 1; overflow-x: hidden; overflow-y: scroll;
    background: ansi_default;
}

Composer, Composer:focus {
    height: auto; min-height: 1; max-height: 6; padding: 0 1;
    border: none; border-top: solid ansi_bright_black; background: ansi_default;
}
Composer:focus { border-top: solid ansi_cyan; }

History:focus { scrollbar-color: ansi_cyan; }

/* Very low: what is said and the input come before the lines around them. */
Board.-low #heading { display: none; }
Board.-low #typing { display: none; }
Board.-low #told { border: none; max-height: 3; }
Board.-low Composer, Board.-low Composer:focus { border: none; max-height: 2; }

Help, OpenPrompt { align: center middle; }
.overlay {
    width: 62; max-width: 100%; height: auto; max-height: 100%;
    border: round ansi_cyan; padding: 0 1; background: ansi_default;
}
.overlay Static { width: 1fr; height: auto; }

Composer .text-area--cursor, Input > .input--cursor {
    color: ansi_default; background: ansi_default; text-style: reverse;
}

ConversationList, History, Composer, .overlay {
    scrollbar-size-vertical: 1;
    scrollbar-color: ansi_bright_black; scrollbar-color-hover: ansi_cyan;
    scrollbar-color-active: ansi_cyan; scrollbar-background: ansi_default;
    scrollbar-background-hover: ansi_default; scrollbar-background-active: ansi_default;
}
"""
