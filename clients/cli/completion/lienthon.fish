# fish completion for lienthon: what may stand there the program itself knows.
function __lienthon_complete
    # Home folders are not expanded yet, and what is being typed may have an opening quote.
    set -l words (commandline -opc | string replace -r '^~(?=/|$)' -- $HOME)
    set -l current (commandline -ct | string replace -r '^[\'"]' '' | string replace -r '^~(?=/|$)' -- $HOME)
    for line in (command $words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
        switch $line
            case ':files*'
                __fish_complete_path "$current"
            case ':folders*'
                __fish_complete_directories "$current"
            case '*'
                echo $line
        end
    end
end
complete -c lienthon -f -k -a '(__lienthon_complete)'
