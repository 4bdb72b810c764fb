import DefaultTheme from "vitepress/theme-without-fonts";
import "./reveille.css";

export default DefaultTheme;
